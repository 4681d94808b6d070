"""Which stage makes which path: by containment, as DVC links stages (dvc.repo.graph.build_graph)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Generic, TypeVar

from kit.project.stage import Stage

T = TypeVar("T")


class Makers(Generic[T]):
    """The makers of paths: of the path itself, of a folder that contains it, and of what it contains."""

    def __init__(self, outs: Mapping[str, T]) -> None:
        self.outs = outs

    def of(self, path: str) -> list[T]:
        """The makers of all or part of a path; the maker of the path itself is the only one."""
        return [self.outs[path]] if path in self.outs else self.around(path)

    def around(self, path: str) -> list[T]:
        """The makers of what a folder contains, and of a folder that contains the path; each once."""
        above = (self.outs[folder] for folder in folders_above(path) if folder in self.outs)
        inside = (self.outs[out] for out in self._inside.get(path, ()))
        return list({id(maker): maker for maker in (*above, *inside)}.values())

    @cached_property
    def _inside(self) -> Mapping[str, list[str]]:
        """Folder to the outs that lie in it, however deep."""
        found: dict[str, list[str]] = defaultdict(list)
        for out in self.outs:
            for folder in folders_above(out):
                found[folder].append(out)
        return found


class StageGraph:
    """The stages of a pipeline and what they depend on."""

    def __init__(self, stages: Iterable[Stage]) -> None:
        self.stages = {stage.name: stage for stage in stages}
        self.makers = Makers({out: stage for stage in self.stages.values() for out in stage.outs})

    def maker(self, path: str) -> str | None:
        """The stage that makes a file or folder, or the folder that it lies in."""
        return next((stage.name for stage in self.makers.of(path) if _holds(stage, path)), None)

    def before(self, stage: Stage) -> list[str]:
        """The stages that make what a stage reads, its files of parameters included; each once."""
        read = (maker.name for path in (*stage.deps, *stage.param_files) for maker in self.makers.of(path))
        return [name for name in dict.fromkeys(read) if name != stage.name]

    @cached_property
    def cycle(self) -> list[str]:
        """The stages of a cycle, the first again at the end; none where there is no cycle."""
        waiting = {name: self.before(stage) for name, stage in self.stages.items()}
        try:
            TopologicalSorter(waiting).prepare()
        except CycleError as error:
            return list(reversed(error.args[1]))
        return []


def folders_above(path: str) -> Iterator[str]:
    """Every folder that a path lies in, the nearest first."""
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))


def _holds(stage: Stage, path: str) -> bool:
    return path in stage.outs or any(folder in stage.outs for folder in folders_above(path))
