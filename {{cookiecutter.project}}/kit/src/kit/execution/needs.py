"""Which environments the modules of a project need."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kit.environments.environment import Environment, environment_key
from kit.environments.interpreters import interpreter_for
from kit.environments.lock import Lock, read_lock
from kit.errors import KitError
from kit.execution.module_tests import TOOLS, TOOLS_LABEL
from kit.project.module import Module, chosen_modules
from kit.project.project import Project

FOR_TESTS = "(kit test)"


@dataclass
class Need:
    """A lock and the Python that it is for, with the modules that use it."""

    lock: Lock
    python: str
    users: list[str]


def needs_of(project: Project) -> dict[str, Need]:
    """Environment key to what needs it; the tools of `kit test` are included."""
    found: dict[str, Need] = {}
    for module in chosen_modules(project, []):
        with suppress(KitError):  # without a usable lock it has no environment; `kit check` says so
            _add(found, lock_of(module), module.python, module.name)
            _add(found, read_lock(TOOLS, TOOLS_LABEL), module.python, FOR_TESTS)
    return found


def may_need(folder: Path, environment: Environment) -> bool:
    """Whether a project that has used an environment still exists and needs it; True if that is unknown."""
    try:
        os.stat(folder / "dvc.yaml")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    manifest = environment.manifest
    if manifest.get("built_from") == TOOLS_LABEL:
        return True
    try:
        modules = chosen_modules(Project(folder), [])
        locks = {(lock_of(module).sha256, module.python) for module in modules}
    except (KitError, OSError):
        return True
    python = str(manifest.get("python", "")).split("-")[1:2]
    return any(lock == manifest.get("lock") and ".".join(python).startswith(f"{version}.") for lock, version in locks)


def lock_of(module: Module) -> Lock:
    return read_lock(module.lock, f"{module.label}/requirements.txt")


def _add(found: dict[str, Need], lock: Lock, python: str, user: str) -> None:
    key = environment_key(lock, interpreter_for(python))
    need = found.setdefault(key, Need(lock, python, []))
    if user not in need.users:
        need.users.append(user)
