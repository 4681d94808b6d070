"""dvc.yaml and params.yaml as stages."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from kit.dvc.resolver import Resolver
from kit.dvc.stages import Definition, definition_of
from kit.errors import KitError
from kit.formats.documents import read_yaml
from kit.project.project import Project
from kit.project.stage import MODULES, Stage, is_module_folder, stage_run_by
from kit.project.stage_graph import StageGraph

FILE, PARAMS = "dvc.yaml", "params.yaml"


class Pipeline:
    """The stages of a project, resolved by DVC's own parser."""

    def __init__(self, project: Project) -> None:
        """Read dvc.yaml and params.yaml.

        Raises:
            KitError: either is missing, invalid YAML, or not what DVC accepts.
        """
        self.project = project
        document = read_yaml(project.root / FILE, FILE)
        self.params = _read_params(project)
        self._resolver = Resolver(project.root, document)

    def names(self) -> list[str]:
        """The stages in the order of dvc.yaml; those of a matrix one by one."""
        return self._resolver.names()

    def stage(self, name: str) -> Stage:
        """One stage.

        Raises:
            KitError: there is no such stage, it cannot be resolved, or it does not have exactly one module.
        """
        if not self._resolver.has(name):
            hint = get_close_matches(name, self.names(), n=1)
            also = f"did you mean {hint[0]}?" if hint else f"stages: {', '.join(self.names()) or 'none'}"
            raise KitError(f"no stage {name}; {also}", FILE)
        return self._stage(name, definition_of(self._resolver.definition(name)))

    def sections(self) -> list[str]:
        """The sections of params.yaml, as it lists them, without `slots`."""
        return [str(section) for section in self.params if section != "slots"]

    def section(self, module: str) -> Any:
        """The section of params.yaml for a module; None where there is none."""
        return self.params.get(module)

    def stages(self) -> Iterator[Stage]:
        """Every stage, in the order of dvc.yaml."""
        return (self.stage(name) for name in self.names())

    @cached_property
    def graph(self) -> StageGraph:
        """Who makes what, and what each stage waits for."""
        return StageGraph(self.stages())

    @property
    def outs(self) -> list[str]:
        """Everything that the stages make."""
        return list(self.graph.makers.outs)

    def _stage(self, name: str, definition: Definition) -> Stage:
        stage = Stage(name, "", definition.deps, {}, definition)
        runs = stage_run_by(stage.command)
        if runs is None:
            return stage
        if runs != name:
            message = f"the cmd of stage {name} runs another stage; write `kit run {name}`"
            raise KitError(message, FILE, at=("stages", name, "cmd"))
        if definition.wdir != ".":
            message = f"stage {name} sets wdir, which DVC leaves out of its run cache key; remove it"
            raise KitError(message, FILE, at=("stages", name, "wdir"))
        module = _module_of(name, definition.deps)
        deps = tuple(dep for dep in definition.deps if dep != MODULES + module)
        return Stage(name, module, deps, self._section(name, module, stage.declared), definition)

    def _section(self, stage: str, module: str, declared: tuple[str, ...]) -> dict[str, Any]:
        """The module's part of params.yaml, which the stage must declare so that DVC sees it change."""
        section = self.params.get(module) or {}
        if not isinstance(section, dict):
            raise KitError(f"{module}: must be a section (name: value)", PARAMS, at=(module,))
        if section and module not in declared:
            message = f"stage {stage} does not list {module} in params; add it"
            raise KitError(message, FILE, at=("stages", stage, "params"))
        return section


def params_section(project: Project, module: str) -> Any:
    """The section of params.yaml for a module at this moment."""
    return _read_params(project).get(module) or {}


def _read_params(project: Project) -> dict[str, Any]:
    """params.yaml, which a project may lack."""
    path = project.root / PARAMS
    params = read_yaml(path, PARAMS) if path.is_file() else {}
    if not isinstance(params, dict | None):
        raise KitError(f"must be a mapping of sections, not a {type(params).__name__}", PARAMS)
    return params or {}


def _module_of(stage: str, deps: tuple[str, ...]) -> str:
    """The one module among the deps of a stage."""
    modules = list(filter(is_module_folder, deps))
    if len(modules) != 1:
        message = f"stage {stage} needs one module folder (modules/NAME) in deps, not {len(modules)}"
        raise KitError(message, FILE, at=("stages", stage, "deps"))
    return modules[0].removeprefix(MODULES)
