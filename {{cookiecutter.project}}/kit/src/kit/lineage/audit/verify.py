"""Audit a lineage: everything that is wrong with it, weakens it, or cannot be checked here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kit.errors import KitError
from kit.lineage.audit.claims import claim_findings, stage_findings
from kit.lineage.audit.finding import AuditFinding, Severity, error, unknown
from kit.lineage.audit.records import record_findings
from kit.lineage.audit.signatures import signature_findings, signatures_required
from kit.lineage.audit.stored import Stored, environment_findings
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision

ORDER = list(Severity)


@dataclass(frozen=True)
class ReportedFinding:
    """A finding, and the revisions that have it, newest first."""

    finding: AuditFinding
    revisions: tuple[str, ...]


@dataclass(frozen=True)
class AuditReport:
    """What was checked, and the findings, the worst first."""

    revisions: int
    executions: int
    found: tuple[ReportedFinding, ...]

    @property
    def blocking(self) -> list[AuditFinding]:
        """The findings that are no decisions, the worst first."""
        return [found.finding for found in self.found if not found.finding.decision]

    def count(self, level: Severity) -> int:
        return sum(found.finding.level is level for found in self.found)


def verify(history: History, revisions: Iterable[Revision], deep: bool = False) -> AuditReport:
    """Audit some revisions; `deep` also reads the remote, and every installed file of the environments here."""
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
        cut = unknown("history", "is incomplete (a shallow clone); `git fetch --unshallow` fetches the rest")
        holders[cut].append("history")
    ranked = sorted(holders, key=lambda finding: (ORDER.index(finding.level), finding.place, finding.message))
    return AuditReport(
        count, len(executions), tuple(ReportedFinding(finding, tuple(holders[finding])) for finding in ranked)
    )


def all_revisions(history: History) -> Iterator[Revision]:
    """Every commit of every branch, tag and experiment, newest first."""
    return (history.at(commit) for commit in history.commits)


class _Audit:
    """All checks of revisions; what was checked for one revision is not checked again for the next."""

    def __init__(self, history: History, deep: bool) -> None:
        self.history = history
        self.deep = deep
        self.stored = Stored(history)
        self.signed = signatures_required(history.revision().files)

    def findings(self, revision: Revision) -> Iterator[AuditFinding]:
        yield from claim_findings(self.history, revision)
        if revision.lock:
            yield from self._wiring(revision)
            yield from record_findings(self.history, revision)
        yield from self.stored.findings(revision, self.deep)
        yield from signature_findings(self.history, revision, self.signed)
        if revision.commit is None or self.deep:
            yield from environment_findings(revision, self.deep)

    def _wiring(self, revision: Revision) -> Iterator[AuditFinding]:
        try:
            yield from stage_findings(revision)
        except KitError as problem:
            yield error("dvc.yaml", f"cannot be resolved: {problem}")
