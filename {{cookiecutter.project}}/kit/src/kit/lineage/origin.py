"""Whether an execution's results were made for a revision, or restored from an earlier run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.revision import Revision

EXECUTED, RESTORED, UNKNOWN = "executed", "restored", "unknown"


@dataclass(frozen=True)
class Origin:
    """`status` (executed, restored, unknown); `since` is the commit that brought the results, None if uncommitted."""

    status: str
    since: str | None
    why: str


def origin_of(history: History, revision: Revision, execution: Execution, record: dict[str, Any] | None) -> Origin:
    """Decide by the record's commit and time: a run starts from the commit before the one that has its results."""
    since, parents = _introduced(history, revision, execution)
    if record is None:
        return Origin(UNKNOWN, since, "there is no run record")
    made_at = (record["code"] or {}).get("commit")
    if made_at in parents or (made_at is None and not parents):
        return Origin(EXECUTED, since, "")
    started = datetime.fromisoformat(record["started"]).timestamp()
    times = [history.commits[parent].time for parent in parents if parent in history.commits]
    if len(times) < len(parents) or (not parents and history.repository.shallow):
        return Origin(UNKNOWN, since, "the history ends here (shallow clone)")
    if times and started >= max(times):
        known = "" if made_at in history.commits else f"its commit {str(made_at)[:8]} is not in this history"
        return Origin(EXECUTED, since, known)
    return Origin(RESTORED, since, f"from a run at {str(made_at)[:8]}")


def _introduced(history: History, revision: Revision, execution: Execution) -> tuple[str | None, tuple[str, ...]]:
    """The oldest commit of the unbroken line that has the execution, and that commit's parents."""
    at = revision.commit.id if revision.commit else history.repository.head
    if revision.commit is None and not (at and _holds(history, at, execution)):
        return None, (at,) if at else ()
    assert at
    while True:
        parents = history.commits[at].parents if at in history.commits else ()
        before = next((parent for parent in parents if _holds(history, parent, execution)), None)
        if before is None:
            return at, parents
        at = before


def _holds(history: History, commit: str, execution: Execution) -> bool:
    lock = history.locks.get(history.lock_blobs.get(commit, ""), {})
    held = lock.get(execution.stage)
    return held is execution or (held is not None and held.id == execution.id)
