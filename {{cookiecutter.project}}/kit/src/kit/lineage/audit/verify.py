"""Whether a lineage can be relied on: everything that is wrong with it, weakens it, or cannot be checked here."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from kit.dvc.artifact import stays_inside
from kit.errors import KitError
from kit.formats import yaml12
from kit.git.files import Files
from kit.lineage.audit.claims import claim_findings, wiring_findings
from kit.lineage.audit.finding import AuditFinding, Severity, error, unknown
from kit.lineage.audit.records import record_findings
from kit.lineage.audit.signatures import signature_findings, signatures_required
from kit.lineage.audit.stored import Stored, environment_findings
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision
from kit.project.pipeline import Pipeline, Stage
from kit.project.project import Project

ORDER = list(Severity)


@dataclass(frozen=True)
class ReportedFinding:
    """A finding, and the revisions that have it, newest first."""

    finding: AuditFinding
    revisions: tuple[str, ...]


@dataclass(frozen=True)
class AuditReport:
    """What was checked and what was found, the worst first."""

    revisions: int
    executions: int
    found: tuple[ReportedFinding, ...]

    def count(self, level: Severity) -> int:
        return sum(found.finding.level is level for found in self.found)


def verify(history: History, revisions: Iterable[Revision], deep: bool = False) -> AuditReport:
    """Audit some revisions; `deep` also reads the remote, and every installed byte of the environments here."""
    holders: dict[AuditFinding, list[str]] = defaultdict(list)
    executions: set[str] = set()
    audit = _Audit(history, deep)
    count = 0
    for revision in revisions:
        count += 1
        executions |= {execution.id for execution in revision.lock.values()}
        for finding in dict.fromkeys(audit.findings(revision)):
            holders[finding].append(revision.name)
    if history.repository.shallow:
        cut = unknown("history", "is cut off (a shallow clone); `git fetch --unshallow` brings the rest")
        holders[cut].append("history")
    ranked = sorted(holders, key=lambda finding: (ORDER.index(finding.level), finding.place, finding.message))
    return AuditReport(
        count, len(executions), tuple(ReportedFinding(finding, tuple(holders[finding])) for finding in ranked)
    )


def all_revisions(history: History) -> Iterator[Revision]:
    """Every commit of every branch, tag and experiment, newest first."""
    return (history.at(commit) for commit in history.commits)


class _Audit:
    """All kinds of checks of revisions; what was checked for one revision is not checked again for the next."""

    def __init__(self, history: History, deep: bool) -> None:
        self.history = history
        self.deep = deep
        self.stored = Stored(history)
        self.signed = signatures_required(history.revision().files)
        self._resolved: dict[tuple[str, ...], Mapping[str, Stage] | KitError] = {}

    def findings(self, revision: Revision) -> Iterator[AuditFinding]:
        yield from claim_findings(revision)
        if revision.lock:
            yield from self._wiring(revision)
            yield from record_findings(self.history, revision)
        yield from self.stored.findings(revision, self.deep)
        yield from signature_findings(self.history, revision, self.signed)
        if revision.commit is None or self.deep:
            yield from environment_findings(revision, self.deep)

    def _wiring(self, revision: Revision) -> Iterator[AuditFinding]:
        resolved = self._stages(revision)
        if isinstance(resolved, KitError):
            yield error("dvc.yaml", f"cannot be resolved: {resolved}")
        else:
            yield from wiring_findings(revision, resolved)

    def _stages(self, revision: Revision) -> Mapping[str, Stage] | KitError:
        files = _resolved_from(revision.files)
        if revision.commit is None:
            return _resolved(revision.files, files)
        key = tuple(f"{path} {revision.files.key(path)}" for path in files)
        if key not in self._resolved:
            self._resolved[key] = _resolved(revision.files, files)
        return self._resolved[key]


def _resolved_from(files: Files) -> list[str]:
    """dvc.yaml, params.yaml, and the files that dvc.yaml takes variables from (`vars: [FILE, FILE:KEY]`)."""
    found = ["dvc.yaml", "params.yaml"]
    try:
        document = yaml12.load((files.read("dvc.yaml") or b"").decode())
        stages = list((document.get("stages") or {}).values())
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError):
        return found
    for part in [document, *stages]:
        listed = part.get("vars") if isinstance(part, dict) else None
        names = [entry.partition(":")[0] for entry in listed or [] if isinstance(entry, str)]
        found += [name for name in names if stays_inside(name) and name not in found]
    return found


def _resolved(files: Files, wanted: Iterable[str]) -> Mapping[str, Stage] | KitError:
    """The stages of a revision, resolved by DVC's parser, which reads from a folder."""
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        for path in wanted:
            data = files.read(path)
            if data is not None:
                place = Path(folder, path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
        try:
            pipeline = Pipeline(Project(Path(folder)))
            return {stage.name: stage for stage in pipeline.stages()}
        except KitError as problem:
            return problem
