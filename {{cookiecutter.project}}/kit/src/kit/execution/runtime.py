"""Which Python a module runs in."""

import os
import platform
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.environments import installed
from kit.environments.interpreters import prefix_of
from kit.environments.lock import read_lock
from kit.environments.store import environment_for, manifest_of
from kit.errors import KitError
from kit.project.module import Module


@dataclass(frozen=True)
class Runtime:
    """The Python that a module runs in, the folders it needs, and what the record says of it."""

    python: Path
    folders: tuple[Path, ...]
    description: Mapping[str, Any]


def runtime_for(module: Module) -> Runtime:
    """The module's own environment; with KIT_ENV=host the interpreter that runs the kit.

    Raises:
        KitError: the lock is unsafe, the environment cannot be built, or KIT_ENV is neither host nor lock.
    """
    choice = os.environ.get("KIT_ENV", "lock")
    if choice == "host":
        not_for_modules = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        beside = (Path(path) for path in sys.path if path and path not in not_for_modules)
        own = (Path(sys.prefix), prefix_of(Path(sys.executable)), *beside)
        return Runtime(Path(sys.executable), own, host_description(module))
    if choice != "lock":
        raise KitError(f"KIT_ENV={choice}: must be lock (the default) or host")
    lock = read_lock(module.lock, f"{module.label}/requirements.txt")
    environment = environment_for(lock, module.python)
    folders = (environment.path, prefix_of(environment.python))
    manifest = manifest_of(environment)
    description = {
        "kind": "lock",
        "digest": environment.key,
        "python": manifest["python"],
        "lock_sha256": lock.sha256,
        "installed": manifest["installed"],
    }
    return Runtime(environment.python, folders, description)


def host_description(module: Module) -> dict[str, Any]:
    """What the interpreter that runs the kit has installed, compared with what the module's lock asks for."""
    lock = read_lock(module.lock, f"{module.label}/requirements.txt")
    return {
        "kind": "host",
        "python": f"{sys.implementation.name}-{platform.python_version()}-{sysconfig.get_platform()}",
        "lock_sha256": lock.sha256,
        "installed": installed.host_description(lock.pins),
    }
