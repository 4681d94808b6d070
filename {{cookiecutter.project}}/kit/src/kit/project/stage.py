"""A stage of dvc.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.dvc.params import DEFAULT
from kit.dvc.stages import Definition

MODULES = "modules/"


@dataclass(frozen=True)
class Stage:
    """A stage with every ${…} filled in. Paths are relative to the project, with forward slashes.

    `module` is empty for a plain DVC stage, one whose command is not `kit run`. `deps` are without the module's folder,
    and `params` is the module's section of params.yaml.
    """

    name: str
    module: str
    deps: tuple[str, ...]
    params: Mapping[str, Any]
    definition: Definition

    @property
    def command(self) -> str:
        """What it runs; several commands one a line."""
        cmd = self.definition.cmd
        return cmd if isinstance(cmd, str) else "\n".join(cmd)

    @property
    def outs(self) -> tuple[str, ...]:
        return tuple(out.path for out in self.definition.outs)

    @property
    def uncached(self) -> tuple[str, ...]:
        """Outs with `cache: false` that are neither metrics nor plots, which may be so."""
        return tuple(out.path for out in self.definition.outs if out.kind == "outs" and not out.cached)

    @property
    def declared(self) -> tuple[str, ...]:
        """What it reads of params.yaml, by name."""
        return self.definition.params.get(DEFAULT, ())

    @property
    def param_files(self) -> tuple[str, ...]:
        return tuple(self.definition.params)

    @property
    def slots(self) -> tuple[str, ...]:
        """The slots whose choice it reads."""
        return tuple(name.removeprefix("slots.") for name in self.declared if name.startswith("slots."))

    @property
    def reads(self) -> tuple[str, ...]:
        """Its deps, the module's folder last."""
        return (*self.deps, MODULES + self.module) if self.module else self.deps


def stage_run_by(command: str) -> str | None:
    """The stage that a command runs with `kit run STAGE …`; None for any other command, empty where it names none."""
    kit, run, stage = [*command.split(None, 3)[:3], "", "", ""][:3]
    return stage if (kit, run) == ("kit", "run") else None


def is_module_folder(path: str) -> bool:
    """Whether a dep is the folder of a module, and not a file in one."""
    return path.startswith(MODULES) and path.count("/") == 1 and path != MODULES
