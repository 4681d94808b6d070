"""A module's folder and contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kit.documents import read_yaml, schema_named, violation
from kit.errors import KitError
from kit.project import Project

REQUIRED_FILES = {
    "README.md": "the module's card, for people",
    "module.yaml": "the module's contract, for machines",
    "requirements.in": "list the direct dependencies in it, if any",
    "requirements.txt": "run `kit lock`",
    "run.py": "it must define run(inputs, outputs, params)",
    "test_module.py": "every module has a test",
}


@dataclass(frozen=True)
class Module:
    """What module.yaml says, and where it says so."""

    name: str
    folder: Path
    family: str
    version: str
    python: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    params: Mapping[str, Any]
    device: str
    cpus: int

    @property
    def shown(self) -> str:
        """The folder as users write it."""
        return f"modules/{self.name}"

    @property
    def lock(self) -> Path:
        return self.folder / "requirements.txt"


def load_module(project: Project, name: str) -> Module:
    """The module in modules/NAME.

    Raises:
        KitError: there is no such folder, or module.yaml is missing or invalid.
    """
    folder, shown = project.modules / name, f"modules/{name}"
    if not folder.is_dir():
        known = project.module_names()
        hint = get_close_matches(name, known, n=1)
        also = f"did you mean {hint[0]}?" if hint else f"known modules: {', '.join(known) or 'none'}"
        raise KitError(f"{shown}: no such module folder; {also}")
    contract = read_yaml(folder / "module.yaml", f"{shown}/module.yaml")
    problem = violation(contract, schema_named("module"))
    if problem:
        raise KitError(f"{shown}/module.yaml: {problem}")
    resources = contract.pop("resources")
    return Module(name=name, folder=folder, **contract, device=resources["device"], cpus=resources["cpus"])


def chosen_modules(project: Project, names: Sequence[str]) -> list[Module]:
    """The named modules, or all of them where none is named.

    Raises:
        KitError: one does not exist or its module.yaml is invalid.
    """
    return [load_module(project, name) for name in names or project.module_names()]


def check_params(module: Module, values: Mapping[str, Any]) -> None:
    """Hold a module's section of params.yaml against its contract.

    Raises:
        KitError: a parameter is missing, unknown or out of range.
    """
    where = f"params.yaml: {module.name}"
    for name in values:
        if name not in module.params:
            hint = get_close_matches(str(name), module.params, n=1)
            also = f"did you mean {hint[0]}?" if hint else f"it takes: {', '.join(module.params) or 'none'}"
            raise KitError(f"{where}.{name}: is no parameter of {module.name}; {also}")
    for name, schema in module.params.items():
        if name not in values:
            raise KitError(f"{where}.{name}: is missing; {module.shown}/module.yaml requires it")
        problem = violation(values[name], schema)
        if problem:
            raise KitError(f"{where}.{name}: {problem}")
