"""What a new module reads (an output of a stage, raw data, or nothing), and its type."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from kit.contracts.contract import Contract
from kit.errors import KitError
from kit.project.module import Module
from kit.project.stage import Stage
from kit.project.view import View

PORT = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class Origin:
    """A file that a module will read, its port and its type; `contract` is a new one that must be written."""

    path: str
    port: str
    type: str
    kind: str
    stage: str | None = None
    contract: Mapping[str, Any] | None = None
    headed: bool = True

    @property
    def template(self) -> str:
        """The folder in templates/ for modules that read such a file."""
        return "table" if self.kind == "table" and self.headed else "report"

    @property
    def binding(self) -> str:
        """The option that the stage's command needs if the file is not named like the port."""
        named = shlex.quote(f"{self.port}={self.path}")
        return "" if PurePosixPath(self.path).stem == self.port else f" --input {named}"


def origin_of(view: View, after: str) -> Origin:
    """The origin that `--after` names: STAGE, STAGE:PORT, or a file.

    Raises:
        KitError: there is no such stage or file, or the name is ambiguous.
    """
    path = PurePosixPath(after)
    if (view.project.root / path).is_file() and len(path.parts) > 1 and ".." not in path.parts:
        return _raw_origin(view, path.as_posix())
    name, _, port = after.partition(":")
    if view.pipeline is None:
        raise KitError(view.problems[0].message, view.problems[0].file)
    stage = view.pipeline.stage(name)
    module, bindings = view.module(stage.module), view.bindings(stage)
    if module is None or bindings is None:
        raise KitError(f"stage {name} has no module that can be read; `kit check` says why", "dvc.yaml")
    port = port or _only_port(stage, module)
    if port not in bindings.outputs:
        raise KitError(f"--after {after}: {module.name} has no output {port}; it has {', '.join(module.outputs)}")
    return _origin(view, bindings.outputs[port], module.outputs[port], port, name)


def _only_port(stage: Stage, module: Module) -> str:
    if len(module.outputs) > 1:
        ports = ", ".join(f"{stage.name}:{port}" for port in module.outputs)
        raise KitError(f"--after {stage.name}: the stage has several outputs; choose one of {ports}")
    return next(iter(module.outputs))


def _origin(view: View, path: str, type_name: str, port: str, stage: str | None) -> Origin:
    contract = view.contract(type_name)
    if not isinstance(contract, Contract):
        raise contract
    stem = PurePosixPath(path).stem
    headed = contract.document.get("header", True)
    return Origin(path, stem if PORT.fullmatch(stem) else port, type_name, contract.kind, stage, headed=headed)


def _raw_origin(view: View, path: str) -> Origin:
    """A file that no stage makes: of the type that another stage reads it as, else of one guessed from its content."""
    if maker := view.graph.maker(path):
        raise KitError(f"--after {path}: stage {maker} makes this file; write --after {maker}")
    for stage in view.stages:
        module, bindings = view.module(stage.module), view.bindings(stage)
        for port, read in bindings.inputs.items() if module and bindings else ():
            if read == path and module:
                return _origin(view, path, module.inputs[port], port, None)
    from kit.contracts.guess import guessed_contract

    contract = guessed_contract(view.project.root / path, path)
    plain = re.sub(r"[^a-z0-9_]+", "_", PurePosixPath(path).stem.lower()).strip("_")
    stem = plain if PORT.fullmatch(plain) else "data"
    type_name = _free_type(view, f"{stem}_{PurePosixPath(path).suffix.lstrip('.') or 'file'}")
    return Origin(path, stem, type_name, contract["kind"], None, contract)


def _free_type(view: View, wanted: str) -> str:
    if (view.project.contracts / f"{wanted}.yaml").exists():
        raise KitError(
            "already exists, but no stage reads this file as that type; rename one", f"contracts/{wanted}.yaml"
        )
    return wanted
