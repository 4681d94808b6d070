"""What changed since another revision, in Markdown: for the summary of a CI job, and for a comment on a change."""

from collections.abc import Iterator

from kit.errors import KitError
from kit.formats.markdown import table
from kit.lineage import Execution, History, Revision, StalenessChecker, compared, metrics_of
from kit.project.pipeline import Pipeline
from kit.project.project import Project
from kit.project.resources import needs_cuda
from kit.registry.gate import decision_at
from kit.report.comparison import number
from kit.report.comparison_text import comparison_lines

MARK = "<!-- kit report -->"  # by which a later run finds the comment to update
ROWS = 40


def review(history: History, against: str) -> Iterator[str]:
    """The gate's decision, metrics in comparison, what each stage did, and why results differ."""
    base, now = history.revision(against), history.revision()
    yield MARK
    yield from _decision(history, now)
    yield ""
    yield from _metrics(history, base, now)
    yield from _stages(history, base, now)
    yield from _missing(history)
    yield from _why(history, base, now)


def _decision(history: History, now: Revision) -> Iterator[str]:
    try:
        decision = decision_at(history, now)
    except KitError as error:
        yield f"## Gate: not decided\n\n{error}"
        return
    if decision is None:
        yield "## No gate"
    elif decision.accepted:
        yield "## Gate: accepted"
    else:
        yield "## Gate: rejected\n"
        yield from (f"- {reason}" for reason in decision.reasons)


def _metrics(history: History, base: Revision, now: Revision) -> Iterator[str]:
    before, after = metrics_of(history, base), metrics_of(history, now)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    same = len({**before, **after}) - len(names)
    if names:
        rows = [
            [name, number(before.get(name)), number(after.get(name)), _change(before, after, name)] for name in names
        ]
        yield from table([["metric", base.name, "here", "change"], *rows[:ROWS]])
        yield f"\n{same} more metrics are unchanged.\n" if same else ""
    else:
        yield f"All {same} metrics are those of {base.name}.\n"


def _change(before: dict[str, float], after: dict[str, float], name: str) -> str:
    numbers = before.get(name), after.get(name)
    if None in numbers or any(isinstance(value, bool) for value in numbers):
        return ""
    return f"{after[name] - before[name]:+.4g}"


def _stages(history: History, base: Revision, now: Revision) -> Iterator[str]:
    """A row for each stage that differs, and the number of those that do not."""
    pipeline = Pipeline(Project(history.root))
    head = history.repository.head
    committed = history.at(head) if head else now
    stale = set(StalenessChecker(history, allow_missing=True).stale())
    rows, unchanged = [], 0
    for name in pipeline.names():
        done = now.lock.get(name)
        if name in stale:
            rows.append([name, _waiting(history, pipeline, name)])
        elif done and base.lock.get(name) and base.lock[name].id == done.id:
            unchanged += 1
        else:
            rows.append([name, _did(history, done, committed.lock.get(name), head)])
    if rows:
        yield from table([["stage", "what it did"], *rows])
    yield f"\n{unchanged} of {len(pipeline.names())} stages are as in {base.name}.\n"
    if any(now.lock.get(name) != committed.lock.get(name) for name in now.lock):
        yield "dvc.lock is not that of the commit: run `dvc repro --pull`, and commit it.\n"


def _missing(history: History) -> Iterator[str]:
    """Results in the lock of the commit that the remote lacks: for DVC they are up to date, others cannot get them."""
    from kit.dvc.remote import missing_at_remote  # DVC's own machinery, which takes a moment to load

    head = history.repository.head
    lock = history.at(head).lock if head else {}
    hashes = {out.path: out.hash for run in lock.values() for out in run.outs}
    tracked = history.repository.ignored(hashes)  # the others are in Git
    try:
        absent = missing_at_remote(history.root, (hashes[path] for path in tracked)) if tracked else None
    except KitError as error:
        yield f"Whether all results are kept is not known: {error}.\n"
        return
    if absent:
        yield f"**{len(absent)} of {len(tracked)} results are not at the remote: `dvc push --run-cache`.**\n"


def _did(history: History, done: Execution | None, committed: Execution | None, head: str | None) -> str:
    if done is None:
        return "nothing yet"
    if committed and committed.id == done.id:
        return "was run before the commit"
    record = history.records.of(done).document
    if record is None:
        return "restored"
    code = record.get("code") or {}
    return f"ran here, {record['duration_s']:.1f} s" if code.get("commit") == head else "restored from the run cache"


def _waiting(history: History, pipeline: Pipeline, name: str) -> str:
    stage = pipeline.stage(name)
    source = history.working_tree.source(stage.module) if stage.module else None
    if source and needs_cuda(source.contract, stage.params):
        return "**waits for a GPU**: the workflow for GPUs runs it, then run this job again"
    return "did not run"


def _why(history: History, base: Revision, now: Revision) -> Iterator[str]:
    if not base.lock or not now.lock:
        return
    found = compared(history, base, now)
    if not found.divergences:
        return
    yield f"<details><summary>Why results differ (<code>kit why {base.name}</code>)</summary>\n"
    yield "```text"
    yield from comparison_lines(found)
    yield "```\n"
    yield "</details>"
