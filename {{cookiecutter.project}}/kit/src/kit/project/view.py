"""A project as the checks look at it: every stage and module read once."""

from functools import cached_property

from kit.contracts.contract import Contract, load_contract
from kit.errors import KitError
from kit.project.diagnostic import Finding, finding_of
from kit.project.module import Module, load_module
from kit.project.pipeline import Pipeline, Stage
from kit.project.ports import Wiring, wire
from kit.project.project import Project


class View:
    """Stages and modules that can be read; what cannot is in `problems`."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.problems: list[Finding] = []
        self.pipeline: Pipeline | None = None
        try:
            self.pipeline = Pipeline(project)
        except KitError as error:
            self.problems.append(finding_of(error, project))
        self._modules: dict[str, Module | KitError] = {}
        self._contracts: dict[str, Contract | KitError] = {}
        self._wirings: dict[str, Wiring | None] = {}

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
            wiring, module = self.wiring(stage), self.module(stage.module)
            for port, path in wiring.outputs.items() if wiring and module else []:
                assert module
                found[path] = (stage.name, module.outputs[port])
        return found

    @cached_property
    def stamped(self) -> set[str]:
        """The outs that carry a space_id."""
        found = set()
        for stage in self.stages:
            wiring, module = self.wiring(stage), self.module(stage.module)
            if wiring and module:
                found |= {wiring.outputs[port] for port in module.spaces}
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
        """A module, or None where its contract cannot be read."""
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

    def wiring(self, stage: Stage) -> Wiring | None:
        """Which port of a stage's module has which file, or None where they do not match."""
        if stage.name not in self._wirings:
            module = self.module(stage.module)
            try:
                self._wirings[stage.name] = wire(stage, module) if module else None
            except KitError:
                self._wirings[stage.name] = None
        return self._wirings[stage.name]
