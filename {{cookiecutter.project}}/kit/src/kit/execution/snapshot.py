"""The content of what a run reads, taken before and after the run, so that a change in between is noticed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.formats.digest import sha256_of, sha256_of_files
from kit.project.module import Module
from kit.project.module_code import code_files
from kit.project.pipeline import params_section
from kit.project.ports import PortBindings
from kit.project.project import Project
from kit.project.stage import Stage


@dataclass(frozen=True)
class Snapshot:
    """SHA-256 of each input (by its path) and of the module's code, and its parameters."""

    inputs: Mapping[str, str]
    code: str
    params: Mapping[str, Any]


def snapshot_of(project: Project, stage: Stage, module: Module, bindings: PortBindings) -> Snapshot:
    """The content of everything that DVC will put into the stage's entry of dvc.lock.

    Raises:
        KitError: an input has disappeared.
    """
    try:
        inputs = {path: sha256_of(project.root / path) for path in bindings.inputs.values()}
        code = sha256_of_files(module.folder, code_files(project, module.folder))
        return Snapshot(inputs, code, params_section(project, module.name))
    except FileNotFoundError as error:
        path = Path(error.filename).relative_to(project.root).as_posix()
        raise KitError(f"disappeared while stage {stage.name} ran; run it again", path) from None


def refuse_changes(stage: Stage, module: Module, before: Snapshot, after: Snapshot) -> None:
    """Fail if something changed during a run: DVC would record the later content as what was read.

    The parameters count from when the stage was read, which may be long before: an environment is built in between.

    Raises:
        KitError: something changed; the message names it.
    """
    changed = [path for path, digest in before.inputs.items() if after.inputs[path] != digest]
    changed += [module.label] if before.code != after.code else []
    changed += [f"params.yaml: {module.name}"] if stage.params != after.params else []
    if changed:
        raise KitError(f"changed while stage {stage.name} ran; nothing was kept, run it again", changed[0])
