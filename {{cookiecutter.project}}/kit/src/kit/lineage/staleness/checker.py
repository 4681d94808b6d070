"""Which stages would run, and why: the one answer for `kit why`, `kit stages --stale`, the gate and the report."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from kit.errors import KitError
from kit.lineage.compare.causes import Cause, Kind, Side, causes
from kit.lineage.history.code_index import CodeIndex
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.opening import Contents
from kit.lineage.history.run_cache import cached_executions
from kit.lineage.staleness.planned import is_cacheable, planned_run, run_key
from kit.lineage.staleness.rules import Differences, WorkingTree, unnoticed
from kit.project.pipeline import FILE, Pipeline
from kit.project.project import Project
from kit.project.stage import Stage


@dataclass(frozen=True)
class Staleness:
    """What `dvc repro` would do with a stage, and why.

    `upstream` are the stages before it that would run; `restorable`: the run cache has its results. `checkout`: nothing
    but its outs changed, and DVC brings them back from its cache without running it. `always`: DVC runs it each time;
    `frozen`: DVC never does, so that `causes` are the reasons for which it otherwise would. `outdated`: its results, or
    those that they were made from, do not come from the present inputs. `warnings` are what DVC does not notice.
    """

    stage: str
    causes: tuple[Cause, ...]
    upstream: tuple[str, ...]
    restorable: bool
    warnings: tuple[str, ...]
    checkout: bool = False
    always: bool = False
    frozen: bool = False
    outdated: bool = False

    @property
    def would_run(self) -> bool:
        return not self.frozen and not self.checkout and (self.always or bool(self.causes or self.upstream))


class StalenessChecker:
    """Compares stages of the working tree with dvc.lock.

    With `allow_missing` it needs no data, and says what `dvc repro --allow-missing` would run.
    """

    def __init__(self, history: History, allow_missing: bool = False) -> None:
        """Read dvc.yaml and dvc.lock.

        Raises:
            KitError: one of them cannot be read, or there is no working tree.
        """
        history.needs_working_tree()
        self.history = history
        self.pipeline = Pipeline(Project(history.root))
        self.graph = self.pipeline.graph
        self._here = WorkingTree(history, allow_missing)
        self._codes = CodeIndex(history)
        self._found: dict[str, Staleness] = {}

    def of(self, name: str) -> Staleness:
        """What would happen to a stage.

        Raises:
            KitError: there is no such stage, the stages form a cycle, or a file of parameters cannot be read.
        """
        self.pipeline.stage(name)
        if self.graph.cycle:
            cycle = " → ".join(self.graph.cycle)
            raise KitError(f"the stages form a cycle: {cycle}; remove one of these deps", FILE)
        for stage in self._up_to(name):
            if stage.name not in self._found:
                self._found[stage.name] = self._staleness(stage)
        return self._found[name]

    def stale(self) -> list[str]:
        """The stages that would run, in the order of dvc.yaml; one behind another may turn out unchanged."""
        return [name for name in self.pipeline.names() if self.of(name).would_run]

    def outdated(self, name: str) -> list[str]:
        """Of a stage and all that it depends on: those whose results do not come from the present inputs."""
        self.of(name)
        return [stage.name for stage in self._up_to(name) if self._found[stage.name].outdated]

    def _up_to(self, name: str) -> list[Stage]:
        """A stage and all that it depends on, in an order in which they can run."""
        waiting, before = [name], dict[str, list[str]]()
        while waiting:
            stage = waiting.pop()
            if stage not in before:
                before[stage] = self._before(self.graph.stages[stage])
                waiting += before[stage]
        return [self.graph.stages[stage] for stage in TopologicalSorter(before).static_order()]

    def _before(self, stage: Stage) -> list[str]:
        """The stages that DVC would bring up to date first: none before a frozen stage."""
        return [] if stage.definition.frozen else self.graph.before(stage)

    def _staleness(self, stage: Stage) -> Staleness:
        before = [self._found[name] for name in self._before(stage)]
        upstream = tuple(one.stage for one in before if one.would_run)
        locked = self.history.working_tree.lock.get(stage.name)
        definition = stage.definition
        if locked is None:
            never = Cause(Kind.WIRING, "it has never run: dvc.lock does not have it")
            differences = self._here.differences(stage, Execution(stage.name, {"cmd": definition.cmd}))
            planned = planned_run(stage, None, differences, set())
            found, warnings = [never], list[str]()
        else:
            differences = self._here.differences(stage, locked)
            explained = self._explained(stage, upstream)
            planned = planned_run(stage, locked, differences, explained)
            found = list(self._causes(locked, planned, differences, explained))
            warnings = list(unnoticed(stage, locked))
        checkout = locked is not None and self._checks_out(stage, differences, upstream)
        outdated = bool(found) or any(one.outdated for one in before)
        return Staleness(
            stage=stage.name,
            causes=tuple(found),
            upstream=upstream,
            restorable=is_cacheable(stage) and run_key(planned, definition.wdir) in self._cached_runs,
            warnings=tuple(warnings),
            checkout=checkout,
            always=definition.always_changed or definition.is_callback,
            frozen=definition.frozen,
            outdated=outdated and not definition.frozen and not checkout,
        )

    def _checks_out(self, stage: Stage, differences: Differences, upstream: tuple[str, ...]) -> bool:
        """Whether DVC would bring back the outs that dvc.lock names (dvc.stage.cache.StageCache.restore)."""
        if upstream or not differences.outs_alone or stage.definition.frozen or not is_cacheable(stage):
            return False
        return self._here.check_out(stage)

    def _explained(self, stage: Stage, upstream: Iterable[str]) -> set[str]:
        """What a stage reads and a stage before it is about to rebuild."""
        rebuilt = set(upstream)
        paths = (*stage.deps, *stage.param_files)
        return {path for path in paths if any(maker.name in rebuilt for maker in self.graph.makers.of(path))}

    def _causes(
        self, locked: Execution, planned: Execution, differences: Differences, explained: set[str]
    ) -> Iterator[Cause]:
        """Why it would run; the rules decide whether there is a cause, and the comparison describes it."""
        own = differences.command or {*differences.deps, *differences.params} - explained
        found = causes(self._side(locked), self._side(planned), frozenset(explained)) if own else []
        yield from found or ([Cause(Kind.UNKNOWN, "it differs from dvc.lock; `dvc status` says how")] if own else [])
        yield from differences.outs

    def _side(self, execution: Execution) -> Side:
        head = self.history.repository.head
        source = self._codes.source(execution, [head] if head else [])
        return Side(execution, source, None, Contents(self.history, (self.history.working_tree,)))

    @cached_property
    def _cached_runs(self) -> set[tuple[Any, ...]]:
        """What the run cache can restore, each run by what decides it."""
        return {run_key(execution, ".") for execution in cached_executions(self.history.storage)}
