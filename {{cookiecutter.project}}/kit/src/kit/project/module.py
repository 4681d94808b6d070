"""A module's folder and contract."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.formats.documents import read_yaml, schema_named, violation
from kit.project.project import Project

# A parameter that every module's section may have: the kind of device, or a card's name, to which results are tied.
DEVICE_CLASS = "device_class"
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
    """The contents of module.yaml.

    `inputs` and `outputs` map ports to types; `matches` maps an input port to the metadata that must be equal in all
    such ports, and `spaces` an output port to the port that defines the embedding space of its content.
    """

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
    matches: Mapping[str, str]
    spaces: Mapping[str, str]
    gpus: int = 1
    network: bool = False
    deterministic: bool = True

    @property
    def label(self) -> str:
        """The folder's path, relative to the project."""
        return f"modules/{self.name}"

    @property
    def lock(self) -> Path:
        return self.folder / "requirements.txt"

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder.parents[1]


def load_module(project: Project, name: str) -> Module:
    """The module in modules/NAME.

    Raises:
        KitError: there is no such folder, or module.yaml is missing or invalid.
    """
    folder, label = project.modules / name, f"modules/{name}"
    if not folder.is_dir():
        known = project.module_names()
        hint = get_close_matches(name, known, n=1)
        also = f"did you mean {hint[0]}?" if hint else f"known modules: {', '.join(known) or 'none'}"
        raise KitError(f"no such module folder; {also}", label)
    contract = read_yaml(folder / "module.yaml", f"{label}/module.yaml")
    problem = violation(contract, schema_named("module"))
    if problem:
        raise KitError(str(problem), f"{label}/module.yaml", at=problem.path)
    resources = contract.pop("resources")
    inputs, outputs = contract.pop("inputs"), contract.pop("outputs")
    module = Module(
        name=name,
        folder=folder,
        inputs=_types(inputs),
        outputs=_types(outputs),
        matches=_said(inputs, "match"),
        spaces=_said(outputs, "space"),
        **contract,
        **resources,
    )
    for port, source in module.spaces.items():
        file, where = f"{label}/module.yaml", f"outputs.{port}.space"
        if source not in {*module.inputs, *module.outputs}:
            raise KitError(f"{where}: {source} is not a port of {name}", file, at=("outputs", port))
        if source in module.inputs and source in module.outputs:
            raise KitError(f"{where}: {source} is an input and an output; rename one", file, at=("outputs", port))
    return module


def _said(ports: Mapping[str, Any], word: str) -> dict[str, str]:
    """Port to what it declares beyond its type."""
    return {port: entry[word] for port, entry in ports.items() if isinstance(entry, dict) and word in entry}


def _types(ports: Mapping[str, Any]) -> dict[str, str]:
    """Port to type; a port is a type alone, or a mapping with one."""
    return {port: entry if isinstance(entry, str) else entry["type"] for port, entry in ports.items()}


def chosen_modules(project: Project, names: Sequence[str]) -> list[Module]:
    """The named modules, or all of them where none is named.

    Raises:
        KitError: one does not exist or its module.yaml is invalid.
    """
    return [load_module(project, name) for name in names or project.module_names()]


def check_params(module: Module, values: Mapping[str, Any]) -> None:
    """Check a module's section of params.yaml against its contract.

    Raises:
        KitError: a parameter is missing, unknown or out of range.
    """
    for problem in param_problems(module, values):
        raise problem


def param_problems(module: Module, values: Mapping[str, Any]) -> Iterator[KitError]:
    """Everything that check_params could raise."""
    file, where = "params.yaml", module.name
    if not isinstance(values.get(DEVICE_CLASS, ""), str):
        message = f"{where}.{DEVICE_CLASS}: must be cpu, cuda or a part of a graphics card's name"
        yield KitError(message, file, at=(module.name, DEVICE_CLASS))
    for name in values:
        if name not in module.params and name != DEVICE_CLASS:
            hint = get_close_matches(str(name), module.params, n=1)
            also = f"did you mean {hint[0]}?" if hint else f"it takes: {', '.join(module.params) or 'none'}"
            yield KitError(f"{where}.{name}: is not a parameter of {module.name}; {also}", file, at=(module.name, name))
    for name, schema in module.params.items():
        if name not in values:
            yield KitError(
                f"{where}.{name}: is missing; {module.label}/module.yaml requires it", file, at=(module.name,)
            )
        elif problem := violation(values[name], schema):
            yield KitError(f"{where}.{name}: {problem}", file, at=(module.name, name))
