"""The graph of one lock: which stage made and read what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from kit.dvc.artifact import Artifact
from kit.lineage.history.lockfile import Execution, Lock
from kit.project.stage_graph import Makers


class LockGraph:
    """The links between the executions of a lock: a dep is linked to the out of the same path.

    A dep on a folder is linked to whatever was made in it, and a dep in a folder to who made the folder.
    """

    def __init__(self, lock: Lock) -> None:
        self.lock = lock

    @cached_property
    def makers(self) -> Mapping[str, Execution]:
        """Path to the execution that has it as an out."""
        return {out.path: execution for execution in self.lock.values() for out in execution.outs}

    def maker(self, artifact: Artifact) -> Execution | None:
        """The execution that made exactly this content."""
        found = self.makers.get(artifact.path)
        return found if found and artifact in found.outs else None

    def makers_around(self, dep: Artifact) -> list[Execution]:
        """The executions that made the files in a folder, or the folder that a file is in."""
        return self._makers.around(dep.path)

    @cached_property
    def _makers(self) -> Makers[Execution]:
        return Makers(self.makers)

    def upstream(self, execution: Execution) -> list[Execution]:
        """The executions that it read from; each once."""
        read = (*(dep.path for dep in execution.inputs), *execution.params)
        found = {made.stage: made for path in read for made in self._makers.of(path)}
        return list(found.values())

    @cached_property
    def in_order(self) -> list[Execution]:
        """Every execution after those it read from; in the lock's own order if there is a cycle."""
        before = {stage: [made.stage for made in self.upstream(execution)] for stage, execution in self.lock.items()}
        try:
            return [self.lock[stage] for stage in TopologicalSorter(before).static_order()]
        except CycleError:
            return list(self.lock.values())

    def downstream(self, starts: Iterable[str]) -> set[str]:
        """Stages that read from the given ones, directly or not; the given ones only if they do, too."""
        waiting, found = list(starts), set[str]()
        while waiting:
            fresh = [stage for stage in self._readers.get(waiting.pop(), ()) if stage not in found]
            found.update(fresh)
            waiting += fresh
        return found

    @cached_property
    def _readers(self) -> Mapping[str, list[str]]:
        found = defaultdict(list)
        for stage, execution in self.lock.items():
            for made in self.upstream(execution):
                found[made.stage].append(stage)
        return found
