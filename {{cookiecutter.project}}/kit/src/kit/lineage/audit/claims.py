"""Whether a revision contains the code, data, params and wiring that its dvc.lock claims."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from kit.dvc.artifact import Artifact
from kit.formats import yaml12
from kit.lineage.audit.finding import AuditFinding, error, warning
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.revision import Revision
from kit.lineage.history.states import hash_of_files
from kit.project.raw_data import dvc_file

STALE = "run `dvc repro` and commit dvc.lock, or restore what changed"


def claim_findings(revision: Revision) -> Iterator[AuditFinding]:
    """Everything that dvc.lock says was read, held against the revision's own files and against the lock itself."""
    if revision.problem:
        yield error("dvc.lock", f"cannot be read ({revision.problem}); restore it from another commit")
        return
    for path in revision.files.ending(".dvc"):
        if not dvc_file(revision.files, path).get("outs"):
            yield error(path, "names no data; restore it from another commit, or `dvc add` the data again")
    for execution in revision.lock.values():
        yield from _code(revision, execution)
        for dep in execution.inputs:
            yield from _input(revision, execution, dep)
        yield from _params(revision, execution)
        for out in execution.results:
            yield from _committed_out(revision, execution, out)


def _code(revision: Revision, execution: Execution) -> Iterator[AuditFinding]:
    code = execution.code
    if code is None:
        return
    source = revision.source(execution.module)
    if source is None:
        yield error(code.path, f"is not here, and dvc.lock claims that stage {execution.stage} ran it; {STALE}")
    elif source.md5 != code.hash:
        yield error(code.path, f"is not the code that stage {execution.stage} ran, says dvc.lock; {STALE}")


def _input(revision: Revision, execution: Execution, dep: Artifact) -> Iterator[AuditFinding]:
    who = f"stage {execution.stage}"
    maker = revision.graph.makers.get(dep.path)
    raw = revision.raw.get(dep.path)
    if maker:
        if dep not in maker.outs:
            yield error("dvc.lock", f"{who} read other bytes of {dep.path} than stage {maker.stage} made; {STALE}")
    elif raw:
        if raw.artifact.hash != dep.hash:
            yield error(raw.tracked_by, f"is of other bytes than {who} read, says dvc.lock; {STALE}")
    elif not revision.graph.makers_around(dep):
        found = hash_of_files(revision.files, dep)
        if found is None:
            yield error(
                dep.path, f"was read by {who}, and neither a stage, nor Git, nor a .dvc file has it; `dvc add` it"
            )
        elif found != dep.hash:
            yield error(dep.path, f"is of other bytes than {who} read, says dvc.lock; {STALE}")


def _committed_out(revision: Revision, execution: Execution, out: Artifact) -> Iterator[AuditFinding]:
    """Outs that are in Git rather than in DVC's cache, such as metrics."""
    found = hash_of_files(revision.files, out) if revision.commit else None
    if found is not None and found != out.hash:
        yield error(
            out.path, f"is not what stage {execution.stage} made, says dvc.lock; `dvc checkout`, or run it again"
        )


def _params(revision: Revision, execution: Execution) -> Iterator[AuditFinding]:
    for file, claimed in execution.params.items():
        document = parameters(revision, file)
        for name, value in claimed.items():
            here = _dug(document, name)
            if here != value:
                label = "nothing" if here is None else json.dumps(here, default=str)
                said = json.dumps(value, default=str)
                message = (
                    f"{name} is {label[:80]} here, and {said[:80]} when stage {execution.stage} ran, says dvc.lock"
                )
                yield error(file, f"{message}; {STALE}")


def parameters(revision: Revision, file: str) -> Any:
    """A file of parameters; empty where it is missing or cannot be read."""
    data = revision.files.read(file) or b""
    try:
        text = data.decode()
        if file.endswith(".toml"):
            return tomllib.loads(text)
        return json.loads(text) if file.endswith(".json") else yaml12.load(text)
    except (UnicodeDecodeError, ValueError, yaml.YAMLError):
        return {}


def _dug(document: Any, name: str) -> Any:
    """The value at a dotted name, as DVC reads it."""
    if isinstance(document, Mapping) and name in document:
        return document[name]
    for step in name.split("."):
        document = document.get(step) if isinstance(document, Mapping) else None
    return document


def wiring_findings(revision: Revision, resolved: Mapping[str, Any]) -> Iterator[AuditFinding]:
    """dvc.yaml against dvc.lock; `resolved` has a kit.project.pipeline.Stage for each stage of dvc.yaml."""
    for name, execution in revision.lock.items():
        if name not in resolved:
            yield warning("dvc.lock", f"holds stage {name}, which dvc.yaml has no more; remove its entry")
            continue
        stage = resolved[name]
        if stage.command != execution.command:
            yield error("dvc.yaml", f"stage {name}: the cmd is another than what ran, says dvc.lock; {STALE}")
        declared, locked = set(stage.deps), {dep.path for dep in execution.inputs}
        for path in sorted(locked - declared):
            message = f"stage {name} still holds the dep {path}, which dvc.yaml dropped; run `dvc repro --force {name}`"
            yield warning("dvc.lock", message)
        for path in sorted(declared - locked):
            yield error("dvc.yaml", f"stage {name}: the dep {path} was not there when it ran, says dvc.lock; {STALE}")
        if set(stage.outs) != {out.path for out in execution.outs}:
            yield error("dvc.yaml", f"stage {name}: the outs are others than when it ran, says dvc.lock; {STALE}")
    for name in resolved.keys() - revision.lock.keys():
        yield warning("dvc.lock", f"has no stage {name}: it has not run; `dvc repro {name}`")
