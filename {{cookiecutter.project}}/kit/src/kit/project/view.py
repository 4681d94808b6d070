"""A project for the checks: every stage and module is read once."""

from functools import cached_property

from kit.contracts.contract import Contract, load_contract
from kit.errors import KitError
from kit.project.diagnostic import Diagnostic, diagnostic_of
from kit.project.module import Module, load_module
from kit.project.pipeline import Pipeline
from kit.project.ports import PortBindings, port_bindings
from kit.project.project import Project
from kit.project.stage import Stage
from kit.project.stage_graph import StageGraph


class View:
    """The stages and modules that can be read; for others there are diagnostics in `problems`."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.problems: list[Diagnostic] = []
        self.pipeline: Pipeline | None = None
        try:
            self.pipeline = Pipeline(project)
        except KitError as error:
            self.problems.append(diagnostic_of(error, project))
        self._modules: dict[str, Module | KitError] = {}
        self._contracts: dict[str, Contract | KitError] = {}
        self._bindings: dict[str, PortBindings | None] = {}

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages that can be resolved."""
        found = []
        for name in self.pipeline.names() if self.pipeline else []:
            try:
                assert self.pipeline
                found.append(self.pipeline.stage(name))
            except KitError as error:
                self.problems.append(diagnostic_of(error, self.project))
        return found

    @cached_property
    def graph(self) -> StageGraph:
        """What the stages that can be resolved make, and what they wait for."""
        return StageGraph(self.stages)

    @cached_property
    def used(self) -> dict[str, str]:
        """Module to the first stage that runs it."""
        return {stage.module: stage.name for stage in reversed(self.stages) if stage.module}

    @cached_property
    def made(self) -> dict[str, tuple[str, str]]:
        """Out to the stage that makes it and its type."""
        found = {}
        for stage in self.stages:
            bindings, module = self.bindings(stage), self.module(stage.module)
            for port, path in bindings.outputs.items() if bindings and module else []:
                assert module
                found[path] = (stage.name, module.outputs[port])
        return found

    @cached_property
    def stamped(self) -> set[str]:
        """The outs that carry a space_id."""
        found = set()
        for stage in self.stages:
            bindings, module = self.bindings(stage), self.module(stage.module)
            if bindings and module:
                found |= {bindings.outputs[port] for port in module.spaces}
        return found

    def read(self, name: str) -> Module | KitError:
        """A module, or why its contract cannot be read."""
        if name not in self._modules:
            try:
                self._modules[name] = load_module(self.project, name)
            except KitError as error:
                self._modules[name] = error
        return self._modules[name]

    def module(self, name: str) -> Module | None:
        """A module, or None if its contract cannot be read."""
        found = self.read(name) if name else None
        return found if isinstance(found, Module) else None

    def contract(self, type_name: str) -> Contract | KitError:
        """The contract of a type, or why it cannot be read."""
        if type_name not in self._contracts:
            try:
                self._contracts[type_name] = load_contract(self.project.contracts, type_name)
            except KitError as error:
                self._contracts[type_name] = error
        return self._contracts[type_name]

    def bindings(self, stage: Stage) -> PortBindings | None:
        """The file of each port of a stage's module, or None if they do not match."""
        if stage.name not in self._bindings:
            module = self.module(stage.module)
            try:
                self._bindings[stage.name] = port_bindings(stage, module) if module else None
            except KitError:
                self._bindings[stage.name] = None
        return self._bindings[stage.name]
