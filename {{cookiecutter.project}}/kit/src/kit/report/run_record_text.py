"""A run record for people: its parts in words, and all of it as titled rows, with the state of its files here."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from kit.formats.digest import sha256_of
from kit.formats.filesize import decimal
from kit.project.project import Project

Rows = list[tuple[str, str]]


def sections(record: Mapping[str, Any], project: Project) -> Iterator[tuple[str, Rows]]:
    """(title, rows of (name, value)), the most important first."""
    module, code = record["module"], record["code"]
    yield f"{record['stage']}: {module['name']} {module['version']}", list(_how(record))
    for title in ("inputs", "outputs"):
        rows = [(port, _file(entry, project)) for port, entry in record[title].items()]
        yield title, rows or [("none", "")]
    if record["params"]:
        yield "params", [(name, str(value)) for name, value in record["params"].items()]
    if record["training"]:
        yield "training", list(_training(record))
    yield "environment", list(_environment(record))
    yield "code", [("commit", "outside Git" if code is None else code["commit"] + changes(record))]
    machine = record["machine"]
    cores = f"{machine['cores']} cores, {decimal(machine['memory_bytes'] or 0)}"
    yield (
        "machine",
        [
            ("host", f"{machine['host']}, run by {machine['user']}"),
            ("processor", f"{machine['cpu']}, {cores} ({', '.join(machine['cpu_features'])})"),
            ("system", machine["system"]),
        ],
    )


def started(record: Mapping[str, Any]) -> str:
    return datetime.fromisoformat(record["started"]).strftime("%Y-%m-%d %H:%M:%S UTC")


def device(record: Mapping[str, Any]) -> str:
    """The names of the GPUs that it could see; without any, what it ran on."""
    return ", ".join(gpu["name"] for gpu in record["device"]["gpus"]) or str(record["device"]["kind"])


def threads(record: Mapping[str, Any]) -> str:
    count = record["determinism"]["threads"]
    return f"{count} thread{'s' if count != 1 else ''}"


def hardware(record: Mapping[str, Any]) -> str:
    return f"{record['machine']['cpu']}, {device(record)}, {threads(record)}"


def environment(record: Mapping[str, Any]) -> str:
    """What was locked and what was installed, in one line."""
    found = record["environment"]
    installed = found["installed"]
    differs = ", NOT AS LOCKED" if installed["differs_from_lock"] else ""
    return f"lock {found['lock_sha256'][:12]}, {installed['packages']} packages{differs}, {found['python']}"


def changes(record: Mapping[str, Any]) -> str:
    """What differed from the commit when it ran; empty where nothing did, and outside Git."""
    code = record["code"]
    return f", with changes in {', '.join(code['changed'])}" if code and code["dirty"] else ""


def _how(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    memory = record["peak_memory_bytes"]
    took = f"took {record['duration_s']:.1f} s" + (f", {decimal(memory)}" if memory else "")
    yield "started", f"{started(record)}, {took}"
    network = "" if record["isolation"] == "none" else f", network {record['network']}"
    yield "isolation", record["isolation"] + network
    found = record["device"]
    driver = f" (driver {found['driver']}, CUDA {found['cuda']})" if found["gpus"] else ""
    yield "device", device(record) + driver
    determinism = record["determinism"]
    declared = "declared deterministic" if determinism["declared"] else "declared not deterministic"
    yield "repeatable", f"{declared}, {threads(record)}, seed {determinism['seed']}"


def _file(entry: Mapping[str, Any], project: Project) -> str:
    path = project.root / entry["path"]
    state = "missing here" if not path.exists() else "here" if sha256_of(path) == entry["sha256"] else "DIFFERS HERE"
    tensors = f", tensors {entry['tensor_digest'][:12]}" if "tensor_digest" in entry else ""
    space = f", space {entry['space_id'][:12]}" if "space_id" in entry else ""
    return f"{entry['path']}  {decimal(entry['size'])}, sha256 {entry['sha256'][:12]}{tensors}{space}  ({state})"


def _training(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    training, torch = record["training"], record["torch"]
    initial = [f"{port} {digest[:12]}" for port, digest in training["initial_weights"].items()]
    yield "started from", ", ".join(initial) or "no weights"
    yield "dtypes", ", ".join(training["dtypes"])
    if training["seconds_per_epoch"] is not None:
        yield "seconds per epoch", str(training["seconds_per_epoch"])
    if torch and "devices" in torch:
        flags = "deterministic algorithms" if torch["deterministic_algorithms"] else "nondeterministic ones allowed"
        yield "torch", f"{torch['version']} on {', '.join(torch['devices'])}, {torch['cpu_capability']}, {flags}"


def _environment(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    environment = record["environment"]
    installed = environment["installed"]
    yield "kind", f"{environment['kind']}, {environment['python']}"
    yield "lock", environment["lock_sha256"][:12]
    yield "installed", f"{installed['packages']} packages, digest {installed['sha256'][:12]}"
    if installed["differs_from_lock"]:
        yield "not as locked", ", ".join(installed["differs_from_lock"])
