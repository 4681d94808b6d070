"""A project as the checks look at it: every stage and module read once."""

from functools import cached_property

from kit.checks.finding import Finding, finding_of
from kit.errors import KitError
from kit.module import Module, load_module
from kit.pipeline import Pipeline, Stage
from kit.ports import Wiring, wire
from kit.project import Project


class View:
    """Stages and modules that can be read; what cannot is in `problems`."""

    def __init__(self, project: Project, pipeline: Pipeline | None) -> None:
        self.project = project
        self.pipeline = pipeline
        self.problems: list[Finding] = []
        self._modules: dict[str, Module | None] = {}

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages that can be resolved."""
        found = []
        for name in self.pipeline.names() if self.pipeline else []:
            try:
                assert self.pipeline
                found.append(self.pipeline.stage(name))
            except KitError as error:
                self.problems.append(finding_of(error, self.project))
        return found

    @cached_property
    def used(self) -> dict[str, str]:
        """Module to the first stage that runs it."""
        return {stage.module: stage.name for stage in reversed(self.stages) if stage.module}

    @cached_property
    def made(self) -> dict[str, tuple[str, str]]:
        """Out to the stage that makes it and its type."""
        found = {}
        for stage in self.stages:
            wiring, module = self.wiring(stage), self.module(stage.module) if stage.module else None
            for port, path in wiring.outputs.items() if wiring and module else []:
                assert module
                found[path] = (stage.name, module.outputs[port])
        return found

    @cached_property
    def stamped(self) -> set[str]:
        """The outs that carry a space_id."""
        found = set()
        for stage in self.stages:
            wiring, module = self.wiring(stage), self.module(stage.module) if stage.module else None
            if wiring and module:
                found |= {wiring.outputs[port] for port in module.spaces}
        return found

    def has_section(self, name: str) -> bool:
        """Whether params.yaml speaks of a module."""
        return self.pipeline is not None and self.pipeline.has_section(name)

    def module(self, name: str) -> Module | None:
        """A module, or None where its contract cannot be read."""
        if name not in self._modules:
            try:
                self._modules[name] = load_module(self.project, name)
            except KitError:
                self._modules[name] = None
        return self._modules[name]

    def wiring(self, stage: Stage) -> Wiring | None:
        """Which port of a stage's module has which file, or None where they do not match."""
        module = self.module(stage.module) if stage.module else None
        try:
            return wire(stage, module) if module else None
        except KitError:
            return None
