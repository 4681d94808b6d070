"""dvc.yaml and params.yaml as stages. Beside remote.py the only file that knows DVC's internals (3.67.1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from dvc.exceptions import DvcException
from dvc.fs import LocalFileSystem
from dvc.parsing import DataResolver
from dvc.parsing.context import ContextError
from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA
from voluptuous import MultipleInvalid

from kit.dvc.yaml_loader import use_quick_loader
from kit.errors import KitError, one_line
from kit.formats.documents import read_yaml
from kit.project.project import Project

MODULES = "modules/"


@dataclass(frozen=True)
class Stage:
    """A stage with every ${…} filled in. Paths are relative to the project, with forward slashes.

    `module` is empty for a plain DVC stage, one whose command is not `kit run`.
    """

    name: str
    command: str
    module: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]
    params: Mapping[str, Any]
    slots: tuple[str, ...]
    declared: tuple[str, ...] = ()
    uncached: tuple[str, ...] = ()


class Pipeline:
    """The stages of a project, resolved by DVC's own parser."""

    def __init__(self, project: Project) -> None:
        """Read dvc.yaml and params.yaml.

        Raises:
            KitError: either is missing, no YAML, or not what DVC accepts.
        """
        self.project = project
        document = read_yaml(project.root / "dvc.yaml", "dvc.yaml")
        self.params = _read_params(project)
        try:
            COMPILED_MULTI_STAGE_SCHEMA(document)
            # The resolver asks a repository for these two only; opening a real one would cost 0.4 s.
            use_quick_loader()
            repo = SimpleNamespace(fs=LocalFileSystem(), config={})
            self._resolver = DataResolver(repo, str(project.root), document)
        except MultipleInvalid as error:
            where = ".".join(str(step) for step in error.path)
            path = tuple(step for step in error.path if isinstance(step, str | int))
            raise KitError(": ".join(filter(None, ["dvc.yaml", where, error.msg])), path) from None
        except (DvcException, ContextError) as error:
            raise KitError(f"dvc.yaml: {one_line(error)}") from None
        except TypeError as error:  # DVC's word for a date
            raise KitError(f"params.yaml: {one_line(error)}; put it in quotes") from None

    def names(self) -> list[str]:
        """The stages in the order of dvc.yaml; those of a matrix one by one."""
        return list(self._resolver.get_keys())

    def stage(self, name: str) -> Stage:
        """One stage.

        Raises:
            KitError: there is no such stage, it cannot be resolved, or it has not one module.
        """
        if not self._resolver.has_key(name):
            hint = get_close_matches(name, self.names(), n=1)
            also = f"did you mean {hint[0]}?" if hint else f"stages: {', '.join(self.names()) or 'none'}"
            raise KitError(f"dvc.yaml: no stage {name}; {also}")
        try:
            definition = self._resolver.resolve_one(name)[name]
        except (DvcException, ContextError) as error:
            raise KitError(f"dvc.yaml: {one_line(error)}", ("stages", name)) from None
        return self._stage(name, definition)

    def sections(self) -> list[str]:
        """The sections of params.yaml, as it lists them; `slots` is none."""
        return [str(section) for section in self.params if section != "slots"]

    def section(self, module: str) -> Any:
        """What params.yaml says of a module; None where it does not speak of it."""
        return self.params.get(module)

    def stages(self) -> Iterator[Stage]:
        """Every stage, in the order of dvc.yaml."""
        return (self.stage(name) for name in self.names())

    @cached_property
    def producers(self) -> dict[str, str]:
        """Out to the stage that makes it."""
        return {out: stage.name for stage in self.stages() for out in stage.outs}

    def _stage(self, name: str, definition: dict[str, Any]) -> Stage:
        deps = [dep.rstrip("/") for dep in definition.get("deps", [])]
        commands = definition["cmd"]
        command = commands if isinstance(commands, str) else "\n".join(commands)
        module = _module_of(name, deps) if command.split()[:2] == ["kit", "run"] else ""
        if module and command.split()[2:3] != [name]:
            message = f"dvc.yaml: the cmd of stage {name} runs another stage; write `kit run {name}`"
            raise KitError(message, ("stages", name, "cmd"))
        if module and "wdir" in definition:
            message = f"dvc.yaml: stage {name} sets wdir, which DVC leaves out of its run cache key; remove it"
            raise KitError(message, ("stages", name, "wdir"))
        declared = [str(param) for entry in definition.get("params", []) for param in _params_of(entry)]
        return Stage(
            name=name,
            command=command,
            module=module,
            deps=tuple(dep for dep in deps if not module or dep != MODULES + module),
            outs=tuple(_paths(definition, "outs", "metrics", "plots")),
            params=self._section(name, module, declared) if module else {},
            slots=tuple(param.removeprefix("slots.") for param in declared if param.startswith("slots.")),
            declared=tuple(declared),
            uncached=tuple(_uncached(definition)),
        )

    def _section(self, stage: str, module: str, declared: list[str]) -> dict[str, Any]:
        """The module's part of params.yaml, which the stage must declare so that DVC sees it change."""
        section = self.params.get(module) or {}
        if not isinstance(section, dict):
            raise KitError(f"params.yaml: {module}: is no section (name: value)", (module,))
        if section and module not in declared:
            message = f"dvc.yaml: stage {stage} does not list {module} in params; add it"
            raise KitError(message, ("stages", stage, "params"))
        return section


def params_section(project: Project, module: str) -> Any:
    """What params.yaml says of a module at this moment."""
    return _read_params(project).get(module) or {}


def _read_params(project: Project) -> dict[str, Any]:
    """params.yaml, which a project may lack."""
    path = project.root / "params.yaml"
    params = read_yaml(path, "params.yaml") if path.is_file() else {}
    if not isinstance(params, dict | None):
        raise KitError(f"params.yaml: must be a mapping of sections, not a {type(params).__name__}")
    return params or {}


def _module_of(stage: str, deps: list[str]) -> str:
    """The one module among the deps of a stage."""
    modules = [dep for dep in deps if dep.startswith(MODULES) and dep.count("/") == 1]
    if len(modules) != 1:
        message = f"dvc.yaml: stage {stage} needs one module folder (modules/NAME) in deps, not {len(modules)}"
        raise KitError(message, ("stages", stage, "deps"))
    return modules[0].removeprefix(MODULES)


def _params_of(entry: str | dict[str, Any]) -> list[str]:
    """Names in params.yaml; an entry for another file is none of ours."""
    if isinstance(entry, str):
        return [entry]
    return list(entry.get("params.yaml") or [])


def _paths(definition: dict[str, Any], *kinds: str) -> Iterator[str]:
    for kind in kinds:
        for entry in definition.get(kind, []):
            yield entry if isinstance(entry, str) else next(iter(entry))


def _uncached(definition: dict[str, Any]) -> Iterator[str]:
    """Outs with `cache: false`; metrics and plots may be so."""
    for entry in definition.get("outs", []):
        if isinstance(entry, dict):
            yield from (path for path, options in entry.items() if (options or {}).get("cache") is False)
