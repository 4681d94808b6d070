"""Why two results differ: both lineages, compared from raw data to the first divergence."""

from collections.abc import Iterator
from pathlib import Path

from kit.dvc.artifact import Artifact
from kit.errors import KitError
from kit.lineage.compare.causes import Cause, Kind, Side, causes, hidden_causes
from kit.lineage.compare.comparison import Comparison, Divergence
from kit.lineage.compare.content import content_at
from kit.lineage.compare.differences import of_artifacts
from kit.lineage.compare.verdict import Agreement, Verdict, compare, overall, tolerance_of
from kit.lineage.history.code_index import CodeIndex
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.opening import Contents
from kit.lineage.history.results import final_results, metric_paths
from kit.lineage.history.revision import Revision
from kit.lineage.history.target import target_of


def why(history: History, left: str, right: str, cwd: Path) -> Comparison:
    """Compare two revisions, experiments or files.

    Raises:
        KitError: one of them is unknown, or nothing has run there.
    """
    sides = [_side(history, query, cwd) for query in (left, right)]
    (before, one), (after, two) = sides
    if (one is None) != (two is None):
        raise KitError(f"{left} and {right}: compare two revisions or two files, not one of each")
    for revision in (before, after):
        if revision.problem:
            raise KitError(f"{revision.name}: {revision.problem}")
        if not revision.lock:
            raise KitError(f"{revision.name}: has no dvc.lock; nothing had run there")
    return _Walk(history, before, after).compare((left, right), one, two)


def compared(history: History, before: Revision, after: Revision) -> Comparison:
    """Compare two revisions that have run; the working tree may be one."""
    return _Walk(history, before, after).compare((before.name, after.name), None, None)


def _side(history: History, query: str, cwd: Path) -> tuple[Revision, Artifact | None]:
    """A revision, or a file with the revision where it is known."""
    try:
        return history.revision(query), None
    except KitError as error:
        if not (cwd / query).exists() and any(word in query for word in "/\\"):
            raise KitError(f"{query}: no such file, revision or experiment") from None
        try:
            target = target_of(history, query, None, cwd)
        except KitError:
            raise error from None
        if target.artifact is None:
            raise error from None
        return target.revision, target.artifact


class _Walk:
    """Compares two lineages stage by stage."""

    def __init__(self, history: History, before: Revision, after: Revision) -> None:
        self.history = history
        self.before = before
        self.after = after
        self.codes = CodeIndex(history)

    def compare(self, names: tuple[str, str], one: Artifact | None, two: Artifact | None) -> Comparison:
        divergences, followed, absorbed = [], [], []
        moved: frozenset[str] = frozenset()
        if one and two and (outright := self._outright(one, two)):
            divergences.append(Divergence("", (outright,), one.hash != two.hash))
        else:
            for stage in self._stages(one, two):
                left, right = self.before.lock.get(stage), self.after.lock.get(stage)
                found = self._own_causes(left, right, moved)
                changed = _changed_results(left, right)
                if found:
                    divergences.append(Divergence(stage, tuple(found), bool(changed)))
                elif changed:
                    followed.append(stage)
                elif left and right and not moved.isdisjoint(_different_inputs(left, right)):
                    absorbed.append(stage)
                moved |= changed
        verdicts = tuple(self._verdicts(one, two))
        level = overall(verdicts, frozenset(metric_paths(self.before) | metric_paths(self.after)))
        return Comparison(names, tuple(divergences), tuple(followed), tuple(absorbed), verdicts, level)

    def _stages(self, one: Artifact | None, two: Artifact | None) -> list[str]:
        """The stages of both sides, upstream first; for files only those that they were made by."""
        order = dict.fromkeys(execution.stage for execution in self.after.graph.in_order)
        order |= dict.fromkeys(execution.stage for execution in self.before.graph.in_order)
        if one is None or two is None:
            return list(order)
        wanted = _above(self.before, one) | _above(self.after, two)
        return [stage for stage in order if stage in wanted]

    def _own_causes(self, left: Execution | None, right: Execution | None, moved: frozenset[str]) -> list[Cause]:
        """Why a stage's runs differ, apart from different results of earlier stages."""
        if left is None or right is None:
            where = self.after.name if left is None else self.before.name
            return [Cause(Kind.WIRING, f"the stage is only in {where}")]
        if left is right or left.id == right.id:
            return []
        one, two = self._described(left, self.before), self._described(right, self.after)
        found = causes(one, two, moved)
        same_inputs = not _different_inputs(left, right)
        if not found and same_inputs and _changed_results(left, right):
            return hidden_causes(one, two)
        return found

    def _described(self, execution: Execution, revision: Revision) -> Side:
        commits = [revision.commit.id] if revision.commit else []
        record = self.history.records.of(execution).document
        source = revision.source(execution.module) if execution.module else None
        code = execution.code
        if source and code and source.md5 != code.hash:
            source = self.codes.source(execution, commits)
        other = self.after if revision is self.before else self.before
        return Side(execution, source, record, Contents(self.history, (revision, other)))

    def _outright(self, one: Artifact, two: Artifact) -> Cause | None:
        """Why two files have no stage in common: different stages made them, or none did."""
        first, second = self.before.graph.makers.get(one.path), self.after.graph.makers.get(two.path)
        if first is None and second is None:
            if one.hash == two.hash:
                return None
            before, after = (Contents(self.history, (revision,)) for revision in (self.before, self.after))
            changed, detail = of_artifacts(before, one, after, two)
            return Cause(Kind.DATA, f"{one.path}, {two.path}: {changed}", detail)
        if first and second and first.stage == second.stage:
            return None
        words = [f"stage {run.stage} ({run.module or run.command})" if run else "no stage" for run in (first, second)]
        return Cause(Kind.WIRING, f"{one.path} was made by {words[0]}, {two.path} by {words[1]}")

    def _verdicts(self, one: Artifact | None, two: Artifact | None) -> Iterator[Verdict]:
        """Verdicts on the two files; for revisions, on everything that no stage reads."""
        tolerance = tolerance_of(self.after.files)
        metrics = metric_paths(self.before) | metric_paths(self.after)
        if one and two:
            left, right = content_at(self.history, self.before, one), content_at(self.history, self.after, two)
            yield compare(two.path, left, right, two.path in metrics, tolerance)
            return
        before, after = final_results(self.before), final_results(self.after)
        for path in sorted({*before, *after}):
            if path in before and path in after:
                left = content_at(self.history, self.before, before[path])
                right = content_at(self.history, self.after, after[path])
                yield compare(path, left, right, path in metrics, tolerance)
            else:
                alone = self.before.name if path in before else self.after.name
                yield Verdict(path, Agreement.DIFFERENT, f"only in {alone}")


def _above(revision: Revision, artifact: Artifact) -> set[str]:
    """The stage that made an artifact, and all before it."""
    maker = revision.graph.makers.get(artifact.path)
    waiting, found = [maker] if maker else [], set[str]()
    while waiting:
        execution = waiting.pop()
        if execution.stage not in found:
            found.add(execution.stage)
            waiting += revision.graph.upstream(execution)
    return found


def _changed_results(left: Execution | None, right: Execution | None) -> frozenset[str]:
    """The paths whose content differs, without run records, which always differ."""
    before, after = (set(side.results) if side else set() for side in (left, right))
    return frozenset(artifact.path for artifact in before ^ after)


def _different_inputs(left: Execution, right: Execution) -> set[str]:
    return {artifact.path for artifact in {*left.inputs} ^ {*right.inputs}}
