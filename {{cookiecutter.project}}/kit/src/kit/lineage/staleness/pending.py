"""Why a stage would run again: the working tree against what dvc.lock has of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kit.dvc.hashing import dvc_hash
from kit.errors import KitError
from kit.lineage.compare.causes import Cause, Kind, Side, causes
from kit.lineage.history.code_index import CodeIndex
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.run_cache import cached_executions
from kit.lineage.history.states import State, state_of
from kit.project.pipeline import MODULES, Pipeline, Stage
from kit.project.project import Project

ABSENT = "absent"


@dataclass(frozen=True)
class Pending:
    """What `dvc repro STAGE` would do, and why.

    `upstream` are the stages before it that would run; `restorable`: the run cache has its results. `warnings` are what
    DVC does not notice.
    """

    stage: str
    causes: tuple[Cause, ...]
    upstream: tuple[str, ...]
    restorable: bool
    warnings: tuple[str, ...]

    @property
    def would_run(self) -> bool:
        return bool(self.causes or self.upstream)


class StalenessChecker:
    """Compares stages of the working tree with dvc.lock."""

    def __init__(self, history: History) -> None:
        history.needs_working_tree()
        self.history = history
        self.pipeline = Pipeline(Project(history.root))
        self.codes = CodeIndex(history)
        self._found: dict[str, Pending] = {}
        self._asked: set[str] = set()

    @cached_property
    def cached_runs(self) -> set[tuple[Any, ...]]:
        """What the run cache can restore, each run by what decides it."""
        return {_key(execution) for execution in cached_executions(self.history.storage)}

    def pending(self, name: str) -> Pending:
        """What would happen to a stage.

        Raises:
            KitError: there is no such stage, it waits for itself, or dvc.yaml or dvc.lock cannot be read.
        """
        if name not in self._found:
            stage = self.pipeline.stage(name)
            if self.history.working_tree.problem:
                raise KitError(self.history.working_tree.problem)
            if name in self._asked:
                raise KitError(f"dvc.yaml: stage {name} waits for itself; `kit check` shows the circle")
            self._asked.add(name)
            self._found[name] = self._pending(stage)
        return self._found[name]

    def _pending(self, stage: Stage) -> Pending:
        upstream = tuple(name for name in self._before(stage) if self.pending(name).would_run)
        locked = self.history.working_tree.lock.get(stage.name)
        planned = self._planned(stage, locked)
        if locked is None:
            never = Cause(Kind.WIRING, "it has never run: dvc.lock does not have it")
            return Pending(stage.name, (never,), upstream, _key(planned) in self.cached_runs, ())
        changed = causes(self._side(locked), self._side(planned), frozenset(self._explained(stage, upstream)))
        dropped = {dep.path for dep in locked.inputs} - {dep.path for dep in planned.inputs}
        warnings = tuple(
            f"dvc.lock still holds the dep {path}, which dvc.yaml dropped; DVC does not notice: "
            f"`dvc repro --force {stage.name}`"
            for path in sorted(dropped)
        )
        found = [cause for cause in changed if not any(cause.summary.startswith(f"{path} was") for path in dropped)]
        found += self._outputs(locked)
        return Pending(stage.name, tuple(found), upstream, _key(planned) in self.cached_runs, warnings)

    def _before(self, stage: Stage) -> list[str]:
        makers = (self.pipeline.producers.get(dep) for dep in stage.deps)
        return list(dict.fromkeys(name for name in makers if name and name != stage.name))

    def _explained(self, stage: Stage, upstream: tuple[str, ...]) -> Iterator[str]:
        """Inputs that are about to be made anew."""
        return (dep for dep in stage.deps if self.pipeline.producers.get(dep) in upstream)

    def _planned(self, stage: Stage, locked: Execution | None) -> Execution:
        """What dvc.lock would say if the stage ran now with what lies here."""
        deps = [{"path": path, "md5": self._hash(path)} for path in stage.deps]
        if stage.module:
            source = self.history.working_tree.source(stage.module)
            deps.append({"path": MODULES + stage.module, "md5": source.md5 if source else ABSENT})
        outs = [{"path": out.path, "md5": out.hash} for out in locked.outs] if locked else []
        outs = outs or [{"path": path} for path in stage.outs]
        params = {"params.yaml": {name: self._param(name) for name in stage.declared}}
        command = stage.command
        document = {"cmd": command, "deps": deps, "outs": outs, "params": params if stage.declared else {}}
        return Execution(stage.name, document)

    def _hash(self, path: str) -> str:
        place = self.history.root / path
        return dvc_hash(place) if place.exists() else ABSENT

    def _param(self, name: str) -> Any:
        value: Any = self.pipeline.params
        for step in name.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    def _side(self, execution: Execution) -> Side:
        working = self.history.working_tree
        read = {}
        for dep in execution.inputs:
            data = working.files.read(dep.path)
            here = data is not None and self._hash(dep.path) == dep.hash
            read[dep.path] = data if here else self.history.storage.read(dep.hash)
        return Side(execution, self.codes.source(execution, self._head), None, read)

    @property
    def _head(self) -> list[str]:
        head = self.history.repository.head
        return [head] if head else []

    def _outputs(self, locked: Execution) -> Iterator[Cause]:
        for out in locked.outs:
            state = state_of(self.history, self.history.working_tree, out)
            if state == State.DIFFERS:
                yield Cause(Kind.DATA, f"{out.path}: is not what the stage made; somebody changed it")
            elif state != State.MATCHES:
                yield Cause(Kind.DATA, f"{out.path}: is not here ({state})")


def _key(execution: Execution) -> tuple[Any, ...]:
    """What decides a run: command, inputs, code and parameters, and the paths of what it makes."""
    deps, outs = tuple(sorted(execution.deps)), tuple(sorted(out.path for out in execution.outs))
    return (execution.command, deps, outs, str(sorted(execution.settings.items())))
