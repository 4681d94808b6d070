"""A project at one revision: its lock, its files and its raw data."""

from collections.abc import Mapping
from functools import cached_property

from kit.errors import KitError
from kit.git.files import Files
from kit.git.repository import Commit
from kit.lineage.history.lock_graph import LockGraph
from kit.lineage.history.lockfile import Lock
from kit.lineage.history.stages import StageReader, Stages
from kit.project.module_code import Source, Sources
from kit.project.raw_data import RawData, raw_data


class Revision:
    """A commit, or the working tree if `commit` is None; `problem` says why its dvc.lock cannot be read."""

    def __init__(
        self,
        name: str,
        commit: Commit | None,
        files: Files,
        lock: Lock,
        sources: Sources,
        stages: StageReader,
        problem: KitError | None = None,
    ) -> None:
        self.name = name
        self.commit = commit
        self.files = files
        self._lock = lock
        self._stages = stages
        self.problem = problem
        self._sources = sources
        self._modules: dict[str, Source | None] = {}

    @cached_property
    def lock(self) -> Lock:
        """Stage to execution, in paths of the project."""
        return self._stages.lock(self._lock, self.files)

    @cached_property
    def stages(self) -> Stages:
        """The stages of dvc.yaml.

        Raises:
            KitError: dvc.yaml is missing, invalid YAML, or cannot be resolved.
        """
        return self._stages.stages(self.files)

    @cached_property
    def graph(self) -> LockGraph:
        """Which stage made and read what."""
        return LockGraph(self.lock)

    @cached_property
    def raw(self) -> Mapping[str, RawData]:
        """Path to raw data tracked by DVC."""
        return raw_data(self.files)

    def source(self, module: str) -> Source | None:
        """A module's code as it is here."""
        if module not in self._modules:
            self._modules[module] = self._sources.of(self.files, module)
        return self._modules[module]
