"""Whether a revision contains the code, data, params and wiring that its dvc.lock claims."""

import json
from collections.abc import Iterator
from typing import Any

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import FOLDER
from kit.dvc.params import MISSING, changed_params, read_params
from kit.errors import KitError
from kit.lineage.audit.finding import AuditFinding, about, decision, error, warning
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.revision import Revision
from kit.lineage.history.states import hash_of_files
from kit.project.raw_data import dvc_file
from kit.project.stage import Stage


def claim_findings(history: History, revision: Revision) -> Iterator[AuditFinding]:
    """Everything that was read according to dvc.lock, compared with the revision's files and the lock itself."""
    if revision.problem:
        yield error("dvc.lock", f"cannot be read ({revision.problem}); restore it from another commit")
        return
    for path in revision.files.ending(".dvc"):
        if not dvc_file(revision.files, path).get("outs"):
            yield error(path, "names no data; restore it from another commit, or `dvc add` the data again")
    stages = _stages(revision)
    for execution in revision.lock.values():
        claims = _Claims(history, revision, execution, stages.get(execution.stage))
        yield from about(execution.stage, claims.findings())


def _stages(revision: Revision) -> dict[str, Stage]:
    """The stages of dvc.yaml; none if it cannot be resolved, which another finding reports."""
    try:
        return dict(revision.stages) if revision.lock else {}
    except KitError:
        return {}


class _Claims:
    """What dvc.lock says of one stage."""

    def __init__(self, history: History, revision: Revision, execution: Execution, stage: Stage | None) -> None:
        self.history = history
        self.revision = revision
        self.execution = execution
        self.stage = stage
        self.who = f"stage {execution.stage}"

    def findings(self) -> Iterator[AuditFinding]:
        yield from self._code()
        for dep in self.execution.inputs:
            yield from self._input(dep)
        yield from self._params()
        yield from self._wiring()
        for out in self.execution.results:
            yield from self._committed_out(out)

    def _stale(self, place: str, message: str) -> AuditFinding:
        """A stage's results were not made from what is here; for a frozen stage that is intended, and a warning."""
        if self.stage and self.stage.definition.frozen:
            return decision(place, f"{message}; {self.who} is frozen: `dvc unfreeze {self.stage.name}` lets it run")
        return error(place, f"{message}; run `dvc repro` and commit dvc.lock, or restore what changed")

    def _code(self) -> Iterator[AuditFinding]:
        code = self.execution.code
        if code is None:
            return
        source = self.revision.source(self.execution.module)
        if source is None:
            yield self._stale(code.path, f"is not here, and dvc.lock claims that {self.who} ran it")
        elif source.md5 != code.hash:
            yield self._stale(code.path, f"is not the code that {self.who} ran according to dvc.lock")

    def _input(self, dep: Artifact) -> Iterator[AuditFinding]:
        maker, raw = self.revision.graph.makers.get(dep.path), self.revision.raw.get(dep.path)
        if maker:
            if dep not in maker.outs:
                yield self._stale(
                    "dvc.lock", f"{self.who} read other bytes of {dep.path} than stage {maker.stage} made"
                )
        elif raw:
            if raw.artifact.hash != dep.hash:
                yield self._stale(raw.tracked_by, f"differs from what {self.who} read according to dvc.lock")
        elif around := self.revision.graph.makers_around(dep):
            for made in around:
                yield from self._part(dep, made)
        else:
            yield from self._file(dep)

    def _part(self, dep: Artifact, maker: Execution) -> Iterator[AuditFinding]:
        """A file in the folder that a stage made, which the folder's listing has, where the cache holds it."""
        for out in maker.outs:
            inside = dep.path.removeprefix(f"{out.path}/")
            members = self.history.storage.members(out.hash) if inside != dep.path else None
            if members is not None and not dep.hash.endswith(FOLDER) and members.get(inside) != dep.hash:
                yield self._stale(
                    "dvc.lock", f"{self.who} read other bytes of {dep.path} than stage {maker.stage} made"
                )

    def _file(self, dep: Artifact) -> Iterator[AuditFinding]:
        found = hash_of_files(self.revision.files, dep)
        if found is None:
            message = f"was read by {self.who}, but no stage makes it, and neither Git nor DVC tracks it; `dvc add` it"
            yield error(dep.path, message)
        elif found != dep.hash:
            yield self._stale(dep.path, f"differs from what {self.who} read according to dvc.lock")

    def _committed_out(self, out: Artifact) -> Iterator[AuditFinding]:
        """Outs that Git tracks instead of DVC's cache, such as metrics."""
        found = hash_of_files(self.revision.files, out) if self.revision.commit else None
        if found is not None and found != out.hash:
            message = f"is not what {self.who} made according to dvc.lock; `dvc checkout`, or run it again"
            yield error(out.path, message)

    def _params(self) -> Iterator[AuditFinding]:
        files = self.stage.definition.params if self.stage else {}
        for file in {**files, **self.execution.params}:
            claimed = self.execution.params.get(file, {})
            try:
                document = read_params(self.revision.files.read(file) or b"", file)
            except KitError as problem:
                yield error(file, f"{problem.message}; {self.who} read {', '.join(map(str, claimed))} of it")
                continue
            for name, here in changed_params(files.get(file, tuple(claimed)), claimed, document).items():
                then, now = _text(claimed.get(name, MISSING)), _text(here)
                yield self._stale(file, f"{name} is {now} here, but was {then} when {self.who} ran")

    def _wiring(self) -> Iterator[AuditFinding]:
        """Compare dvc.yaml with dvc.lock. DVC does not notice what was dropped, so that is not a reason to run."""
        if self.stage is None:
            return
        name, ran = self.stage.name, self.execution
        if self.stage.definition.cmd != ran.cmd:
            yield self._stale("dvc.yaml", f"{self.who}: the cmd differs from the one in dvc.lock")
        declared = {"dep": set(self.stage.deps), "out": set(self.stage.outs)}
        locked = {"dep": {dep.path for dep in ran.inputs}, "out": {out.path for out in ran.outs}}
        for what, paths in declared.items():
            for path in sorted(paths - locked[what]):
                message = f"{self.who}: the {what} {path} is not in dvc.lock"
                yield self._stale("dvc.yaml", message)
            for path in sorted(locked[what] - paths):
                message = f"{self.who} still holds the {what} {path}, which dvc.yaml dropped; run"
                yield warning("dvc.lock", f"{message} `dvc repro --force {name}`")


def _text(value: Any) -> str:
    return "nothing" if value is MISSING else json.dumps(value, default=str)[:80]


def stage_findings(revision: Revision) -> Iterator[AuditFinding]:
    """The stages of dvc.yaml against those of dvc.lock.

    Raises:
        KitError: dvc.yaml cannot be resolved.
    """
    stages = revision.stages
    for name in revision.lock.keys() - stages.keys():
        yield warning("dvc.lock", f"has stage {name}, which is no longer in dvc.yaml; remove its entry")
    for name in stages.keys() - revision.lock.keys():
        yield warning("dvc.lock", f"has no stage {name}: it has not run; `dvc repro {name}`")
