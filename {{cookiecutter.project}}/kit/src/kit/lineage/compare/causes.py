"""Why two runs of a stage differ: inputs, code, settings and machine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kit.dvc.artifact import Artifact
from kit.formats.flat import equal, flat, short_text
from kit.lineage.compare import differences
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.opening import Contents
from kit.project.module_code import Source

WEIGHTS = (".safetensors", ".pt", ".pth", ".ckpt", ".onnx")


class Kind(StrEnum):
    """Classes of causes; `wiring`: a stage or an input that exists on one side only."""

    DATA = "data"
    WIRING = "wiring"
    CODE = "code"
    PARAMS = "params"
    ENVIRONMENT = "environment"
    WEIGHTS = "initial weights"
    HARDWARE = "hardware or threads"
    NONDETERMINISM = "nondeterminism"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cause:
    """One difference: its class, a line that names it, what to look at, such as a diff, and the file, if it is one."""

    kind: Kind
    summary: str
    detail: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True)
class Side:
    """One of the two runs, with what is known of it: its code, its record and what it read, where they are here."""

    execution: Execution
    source: Source | None
    record: Mapping[str, Any] | None
    contents: Contents


def causes(left: Side, right: Side, explained: frozenset[str]) -> list[Cause]:
    """What differs between two runs of a stage, apart from inputs at paths that are explained already.

    If nothing that decides a result differs, the records show what else did: machine, threads, packages.
    """
    found = [*_inputs(left, right, explained), *_code(left, right), *_params(left.execution, right.execution)]
    if left.execution.command != right.execution.command and not found:
        was, now = (short_text(side.execution.command) for side in (left, right))
        found.append(Cause(Kind.WIRING, f"the command: {was} → {now}"))
    return found


def hidden_causes(left: Side, right: Side) -> list[Cause]:
    """Why the same inputs, code and params gave different results; never empty."""
    if left.record is None or right.record is None:
        return [Cause(Kind.UNKNOWN, "same inputs, code and params; a run record is missing, so the machine is unknown")]
    found = list(_machine(left.record, right.record))
    if found:
        return found
    loose = [record for record in (left.record, right.record) if record["isolation"] == "none"]
    if loose:
        return [
            Cause(Kind.UNKNOWN, "same inputs, code and params, but unconfined: it may have read something undeclared")
        ]
    declared = left.record["determinism"]["declared"] and right.record["determinism"]["declared"]
    known = "although the module declares to be deterministic" if declared else "as the module declares it may be"
    return [
        Cause(Kind.NONDETERMINISM, f"same inputs, code, params, environment and hardware: nondeterministic, {known}")
    ]


def _inputs(left: Side, right: Side, explained: frozenset[str]) -> Iterator[Cause]:
    before, after = (_by_path(side.execution.inputs) for side in (left, right))
    for path in sorted({*before, *after} - explained):
        if path not in after:
            yield Cause(Kind.WIRING, f"{path} was read, and is no longer: it was removed from deps")
        elif path not in before:
            yield Cause(Kind.WIRING, f"{path} was not read, and now is: it was added to deps")
        elif before[path] != after[path]:
            kind = Kind.WEIGHTS if path.endswith(WEIGHTS) else Kind.DATA
            changed, detail = differences.of_artifacts(left.contents, before[path], right.contents, after[path])
            yield Cause(kind, f"{path}: {changed}", detail)


def _by_path(artifacts: tuple[Artifact, ...]) -> dict[str, Artifact]:
    return {artifact.path: artifact for artifact in artifacts}


def _code(left: Side, right: Side) -> Iterator[Cause]:
    before, after = left.execution.code, right.execution.code
    if before == after or before is None or after is None:
        return
    if before.path != after.path:
        if left.execution.settings == right.execution.settings:  # no slot's parameter says so
            yield Cause(Kind.WIRING, f"another module: {before.path} → {after.path}")
        return
    if left.source is None or right.source is None:
        yield Cause(
            Kind.CODE, f"{after.path}: changed; no commit here has {'the previous' if right.source else 'the'} code"
        )
        return
    yield from _folder(after.path, left.source, right.source)


def _folder(short_text: str, left: Source, right: Source) -> Iterator[Cause]:
    """A module's folder: its lock is the environment, its resources the threads, the rest code."""
    changed = {path for path in {*left.files, *right.files} if left.files.get(path) != right.files.get(path)}
    if "requirements.txt" in changed:
        yield Cause(Kind.ENVIRONMENT, f"{short_text}: {differences.of_pins(left, right)}")
    resources, rest = differences.of_contracts(left.contract, right.contract)
    if resources:
        yield Cause(Kind.HARDWARE, f"{short_text}/module.yaml: {resources}")
    other = changed - {"requirements.txt", "requirements.in"}
    if resources and not rest:
        other -= {"module.yaml"}
    if other:
        lines = [
            line for path in sorted(other) for line in differences.of_text(f"{short_text}/{path}", path, left, right)
        ]
        yield Cause(Kind.CODE, f"{short_text}: {', '.join(sorted(other))}", tuple(lines))
    elif changed == {"requirements.in"}:
        yield Cause(Kind.ENVIRONMENT, f"{short_text}/requirements.in: changed, but the lock did not")


def _params(left: Execution, right: Execution) -> Iterator[Cause]:
    """Each parameter that differs; for a module that was swapped the slot alone, and not its whole section."""
    swapped = tuple(f"{side.module}." for side in (left, right)) if left.module != right.module else ()
    for file in sorted({*left.params, *right.params}):
        before, after = (dict(flat(side.params.get(file, {}))) for side in (left, right))
        for name in sorted({*before, *after}):
            same = equal(before.get(name, MISSING), after.get(name, MISSING))
            if not same and not name.startswith(swapped or "\0"):
                was, now = (short_text(values[name]) if name in values else "none" for values in (before, after))
                yield Cause(Kind.PARAMS, f"{file}: {name}: {was} → {now}")


MISSING = object()


def _machine(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[Cause]:
    """Differences in packages and hardware, according to the records."""
    for name in ("python", "kind"):
        if left["environment"][name] != right["environment"][name]:
            change = f"{left['environment'][name]} → {right['environment'][name]}"
            yield Cause(Kind.ENVIRONMENT, f"{'Python' if name == 'python' else 'packages'}: {change}")
    before, after = left["environment"]["installed"], right["environment"]["installed"]
    if before["sha256"] != after["sha256"]:
        differs = ", ".join(sorted({*before["differs_from_lock"], *after["differs_from_lock"]})) or "other files"
        yield Cause(Kind.ENVIRONMENT, f"same lock, other packages installed: {differs}")
    hardware = zip(_hardware(left).items(), _hardware(right).values(), strict=True)
    for (name, was), now in hardware:
        if was != now:
            yield Cause(Kind.HARDWARE, f"{name}: {short_text(was)} → {short_text(now)}")


def _hardware(record: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a record that can change the last bits of a result."""
    return {
        "threads": record["determinism"]["threads"],
        "device": record["device"]["kind"],
        "GPUs": [gpu["name"] for gpu in record["device"]["gpus"]],
        "driver": record["device"]["driver"],
        "processor": record["machine"]["cpu"],
        "instruction sets": record["machine"]["cpu_features"],
        "torch": record["torch"],
        # Threads are named above.
        "variables": {k: v for k, v in record["determinism"]["variables"].items() if k != "OMP_NUM_THREADS"},
    }
