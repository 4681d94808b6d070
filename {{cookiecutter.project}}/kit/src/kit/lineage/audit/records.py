"""Whether run records agree with dvc.lock, with the code, and with each other."""

import hashlib
from collections.abc import Iterator
from typing import Any

from kit.dvc.artifact import Artifact
from kit.git.status import CHANGES_KEPT
from kit.lineage.audit.finding import AuditFinding, about, error, unknown, warning
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.revision import Revision
from kit.project.module import DEVICE_CLASS


def record_findings(history: History, revision: Revision) -> Iterator[AuditFinding]:
    """Every stage's run.json."""
    made: dict[Artifact, tuple[str, str]] = {}
    for execution in revision.graph.in_order:
        if execution.module:
            yield from about(execution.stage, _record(history, revision, execution, made))


def _record(
    history: History, revision: Revision, execution: Execution, made: dict[Artifact, tuple[str, str]]
) -> Iterator[AuditFinding]:
    """One stage's run.json; `made` maps what the stages before made to its SHA-256 and the record that says so."""
    wanted, recorded = execution.record, history.records.of(execution)
    if wanted is None:
        yield warning(f"stage {execution.stage}", "has no run record; add artifacts/…/run.json to its outs")
    elif recorded.document is None:
        problem = recorded.problem.message if recorded.problem else "is empty"
        yield (error if recorded.damaged else unknown)(wanted.path, problem)
    else:
        place, document = wanted.path, recorded.document
        yield from _agreement(revision, execution, document, place)
        yield from _chain(execution, document, place, made)
        yield from _circumstances(execution, document, place)
        md5s = {out.path: out.hash for out in execution.outs}
        for entry in document["outputs"].values():
            made[Artifact(entry["path"], md5s.get(entry["path"], ""))] = (entry["sha256"], place)


def _agreement(revision: Revision, execution: Execution, record: dict[str, Any], place: str) -> Iterator[AuditFinding]:
    """Compare the record with the lock's entry and the module's code."""
    compared = {
        "stage": (record["stage"], execution.stage),
        "command": (record["command"], execution.command),
        "module": (record["module"]["name"], execution.module),
        "params": (record["params"], execution.settings.get(execution.module) or {}),
        "inputs": (sorted(e["path"] for e in record["inputs"].values()), sorted(dep.path for dep in execution.inputs)),
        "outputs": (sorted(e["path"] for e in record["outputs"].values()), sorted(o.path for o in execution.results)),
    }
    for name, (recorded, locked) in compared.items():
        if recorded != locked:
            yield error(place, f"records {name} {recorded}, but dvc.lock has {locked}")
    sizes = {entry["path"]: entry["size"] for entry in record["outputs"].values()}
    for path, size in sizes.items():
        if execution.sizes.get(path) not in (None, size):
            yield error(place, f"records {size} bytes for {path}, but dvc.lock has {execution.sizes[path]}")
    source, code = revision.source(execution.module), execution.code
    if source and code and source.md5 == code.hash:  # else the commit lacks the code, which is an error by itself
        if source.sha256 != record["module"]["sha256"]:
            yield error(place, f"records another SHA-256 for {code.path} than its code has")
        if source.version != record["module"]["version"]:
            yield error(
                place,
                f"records version {record['module']['version']} of {code.path}, but module.yaml has {source.version}",
            )
        if source.lock and source.lock.sha256 != record["environment"]["lock_sha256"]:
            yield error(place, f"records another lock than {code.path}/requirements.txt")
    yield from _contracts(revision, record, place)


def _contracts(revision: Revision, record: dict[str, Any], place: str) -> Iterator[AuditFinding]:
    """Contracts are not in the cache key: after a change a result is not wrong, but checked with another one."""
    for type_name, digest in record.get("contracts", {}).items():
        path = f"contracts/{type_name}.yaml"
        data = revision.files.read(path)
        if data is None:
            yield warning(path, f"is missing, but {place} was checked against it; restore it")
        elif hashlib.sha256(data).hexdigest() != digest:
            yield warning(
                path, f"is not the contract that {place} was checked against; `dvc repro --force` checks again"
            )


def _chain(
    execution: Execution, record: dict[str, Any], place: str, made: dict[Artifact, tuple[str, str]]
) -> Iterator[AuditFinding]:
    """Whether a stage recorded reading what the stage before it recorded making, where dvc.lock has one content."""
    md5s = {dep.path: dep.hash for dep in execution.deps}
    for entry in record["inputs"].values():
        read = Artifact(entry["path"], md5s.get(entry["path"], ""))
        digest, maker = made.get(read, (entry["sha256"], ""))
        if digest != entry["sha256"]:
            yield error(place, f"records another SHA-256 for {entry['path']} than {maker}, whose stage made it")


def _circumstances(execution: Execution, record: dict[str, Any], place: str) -> Iterator[AuditFinding]:
    """What weakens a record that is otherwise correct."""
    code = record["code"]
    changed = code["changed"] if code else []
    if record["isolation"] == "none":
        among = f", with changes in {', '.join(changed[:3])}" if changed else ""
        yield warning(place, f"ran unconfined{among}: it may have read files that dvc.lock does not name")
    if any(path.startswith("kit/") for path in changed):
        yield warning(
            place, "ran with a kit that had uncommitted changes, so the record may not be what a released kit writes"
        )
    elif len(changed) >= CHANGES_KEPT:
        yield unknown(place, f"ran with more than {CHANGES_KEPT} uncommitted changes, and does not name them all")
    if record["environment"]["kind"] != "lock":
        yield warning(place, "ran with the packages of the kit's own Python, not those of the lock")
    if differs := record["environment"]["installed"]["differs_from_lock"]:
        yield warning(place, f"ran with packages that differ from the lock: {', '.join(differs[:5])}")
    if (
        DEVICE_CLASS in record["params"]
        and record["device"]["kind"] == "cpu"
        and record["params"][DEVICE_CLASS] != "cpu"
    ):
        yield error(place, f"ran on the CPU, but its params ask for {record['params'][DEVICE_CLASS]}")
