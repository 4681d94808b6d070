"""Which Python a module runs in."""

import os
import platform
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.environments import installed
from kit.environments.interpreters import prefix_of
from kit.environments.lock import read_lock
from kit.environments.store import environment_in_use
from kit.errors import KitError
from kit.project.module import Module


@dataclass(frozen=True)
class Runtime:
    """The Python that a module runs in, the folders it needs, and its description in the record."""

    python: Path
    folders: tuple[Path, ...]
    description: Mapping[str, Any]


@contextmanager
def runtime_of(module: Module) -> Iterator[Runtime]:
    """The module's own environment, kept as it is meanwhile; with KIT_ENV=host the kit's own interpreter.

    Raises:
        KitError: the lock is unsafe, the environment cannot be built, or KIT_ENV is neither host nor lock.
    """
    choice = os.environ.get("KIT_ENV", "lock")
    if choice == "host":
        not_for_modules = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        on_path = (Path(path) for path in sys.path if path and path not in not_for_modules)
        own = (Path(sys.prefix), prefix_of(Path(sys.executable)), *on_path)
        yield Runtime(Path(sys.executable), own, host_description(module))
        return
    if choice != "lock":
        raise KitError(f"KIT_ENV={choice}: must be lock (the default) or host")
    lock = read_lock(module.lock, f"{module.label}/requirements.txt")
    with environment_in_use(lock, module.python, module.project) as environment:
        description = {
            "kind": "lock",
            "digest": environment.key,
            "python": environment.manifest["python"],
            "lock_sha256": lock.sha256,
            "installed": environment.manifest["installed"],
        }
        yield Runtime(environment.python, (environment.path, prefix_of(environment.python)), description)


def host_description(module: Module) -> dict[str, Any]:
    """What is installed in the interpreter that runs the kit, compared with the module's lock."""
    lock = read_lock(module.lock, f"{module.label}/requirements.txt")
    return {
        "kind": "host",
        "python": f"{sys.implementation.name}-{platform.python_version()}-{sysconfig.get_platform()}",
        "lock_sha256": lock.sha256,
        "installed": installed.host_description(lock.pins),
    }
