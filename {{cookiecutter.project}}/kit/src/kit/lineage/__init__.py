"""Lineage, read from Git, dvc.lock and run records without a server. This is its public interface; modules are private.

| question | call |
| --- | --- |
| which project and revision | `project_history()`, `History.of(folder)`; then `revision(name)`, `target_of` |
| what was a result made from | `trace(history, target)`; `whole_trace(history, revision)`; `licenses(trace)` |
| what is this file, from anywhere | `find(history, query, cwd)` |
| what was made from this data, module or package | `impact(history, query, cwd)` |
| why do two results differ | `why(history, left, right, cwd)`; `compared(history, before, after)` |
| would a stage run, and why | `StalenessChecker(history).of(stage)` |
| can the records be relied on | `verify(history, revisions)` |
| does the same come out again | `replay(history, revision, execution)` |
| what do others need to know of a result | `subject_of(history, query, rev)` |

>>> from kit.lineage import History, target_of, trace
>>> history = History.of(Path("."))
>>> trace(history, target_of(history, "train", "main", Path("."))).raw

A name is imported when it is first asked for (PEP 562), so importing this package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit.lineage.audit.finding import AuditFinding, Severity
    from kit.lineage.audit.verify import AuditReport, ReportedFinding, all_revisions, verify
    from kit.lineage.compare.causes import Cause
    from kit.lineage.compare.comparison import Comparison, Divergence
    from kit.lineage.compare.replay import Replay, replay
    from kit.lineage.compare.verdict import Agreement, Verdict
    from kit.lineage.compare.why import compared, why
    from kit.lineage.downstream import Affected, Impact, impact
    from kit.lineage.history.history import History
    from kit.lineage.history.location import project_history
    from kit.lineage.history.lockfile import Execution
    from kit.lineage.history.results import metrics_of, result_at
    from kit.lineage.history.revision import Revision
    from kit.lineage.history.states import content_of
    from kit.lineage.history.target import Target, target_of
    from kit.lineage.licensing import License, conflicts, licenses, project_license
    from kit.lineage.search import Match, find
    from kit.lineage.staleness.checker import Staleness, StalenessChecker
    from kit.lineage.subject import Subject, subject_of
    from kit.lineage.tracing import ArtifactNode, ExecutionNode, Step, Trace, trace, whole_trace

__all__ = [
    "Affected",
    "Agreement",
    "ArtifactNode",
    "AuditFinding",
    "AuditReport",
    "Cause",
    "Comparison",
    "Divergence",
    "Execution",
    "ExecutionNode",
    "History",
    "Impact",
    "License",
    "Match",
    "Replay",
    "ReportedFinding",
    "Revision",
    "Severity",
    "Staleness",
    "StalenessChecker",
    "Step",
    "Subject",
    "Target",
    "Trace",
    "Verdict",
    "all_revisions",
    "compared",
    "conflicts",
    "content_of",
    "find",
    "impact",
    "licenses",
    "metrics_of",
    "project_history",
    "project_license",
    "replay",
    "result_at",
    "subject_of",
    "target_of",
    "trace",
    "verify",
    "whole_trace",
    "why",
]

# The module of each name. No name may be that of a module of this package: importing the module would replace it.
_HOMES = {
    "audit.finding": ("AuditFinding", "Severity"),
    "audit.verify": ("AuditReport", "ReportedFinding", "all_revisions", "verify"),
    "compare.causes": ("Cause",),
    "compare.comparison": ("Comparison", "Divergence"),
    "compare.replay": ("Replay", "replay"),
    "compare.verdict": ("Agreement", "Verdict"),
    "compare.why": ("compared", "why"),
    "downstream": ("Affected", "Impact", "impact"),
    "history.history": ("History",),
    "history.location": ("project_history",),
    "history.lockfile": ("Execution",),
    "history.results": ("metrics_of", "result_at"),
    "history.revision": ("Revision",),
    "history.states": ("content_of",),
    "history.target": ("Target", "target_of"),
    "licensing": ("License", "conflicts", "licenses", "project_license"),
    "search": ("Match", "find"),
    "staleness.checker": ("Staleness", "StalenessChecker"),
    "subject": ("Subject", "subject_of"),
    "tracing": ("ArtifactNode", "ExecutionNode", "Step", "Trace", "trace", "whole_trace"),
}

if not TYPE_CHECKING:  # a type checker would take any name to exist

    def __getattr__(name: str) -> object:
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = found
        return found
