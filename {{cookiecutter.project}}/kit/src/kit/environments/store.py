"""Environments: built once per lock, Python and platform; kept outside the project; rebuilt if they change."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from kit.environments.build import build, rebuild
from kit.environments.contents import fingerprint, has_contents
from kit.environments.environment import Environment, environment_of, write_manifest
from kit.environments.holding import in_use, is_used, unused
from kit.environments.interpreters import Interpreter, interpreter_for
from kit.environments.lock import Lock
from kit.environments.users import USERS, note_use
from kit.errors import KitError
from kit.system.caches import environments_folder

TRIES = 3  # between a build and its use another process may change or remove it


@contextmanager
def environment_in_use(lock: Lock, python: str, project: Path | None = None) -> Iterator[Environment]:
    """The environment of a lock, built now if it does not exist; it is neither replaced nor removed while this lasts.

    Two callers at once build it once. A build that was killed leaves only a folder that the next one removes.
    `project`: the folder of the project that uses it.

    Raises:
        KitError: a package cannot be fetched, its hash does not match, or there is no such Python.
    """
    interpreter = interpreter_for(python)
    environment = environment_of(lock, interpreter)
    environment.path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(TRIES):
        with in_use(environment):
            if is_intact(environment):
                note_use(environment, project)
                yield environment
                return
        _make_good(environment, lock, interpreter)
    raise KitError(f"{environment.path}: changes while it is used; find out what writes there, and run again")


def environment_for(lock: Lock, python: str, project: Path | None = None) -> Environment:
    """The same, without holding it: later it may be replaced or removed."""
    with environment_in_use(lock, python, project) as environment:
        return environment


def _make_good(environment: Environment, lock: Lock, interpreter: Interpreter) -> None:
    """Build it if it is missing or was changed, when no process uses it."""
    changed = f"kit: the environment of {lock.label} changed after it was built"
    if environment.is_ready and is_used(environment):
        print(f"{changed}; waiting for the runs that use it, to rebuild it", flush=True)
    with unused(environment):
        if not environment.is_ready:
            build(environment, lock, interpreter)
        elif not is_intact(environment):
            print(f"{changed}; rebuilding it", flush=True)
            rebuild(environment, lock, interpreter)


def is_intact(environment: Environment) -> bool:
    """Whether an environment is complete and no file of it was changed, added or removed since it was built.

    Looks at sizes and times, which takes milliseconds. Where those differ every byte is read, because a cache of CI
    brings back the same files with other times; the new times are then noted. `kit env check` always reads every byte.
    """
    if not environment.is_ready:
        return False
    manifest, seen = environment.manifest, fingerprint(environment.path)
    if manifest.get("fingerprint") == seen:
        return True
    if not has_contents(environment.path, manifest.get("contents")):
        return False
    with suppress(OSError):  # a cache that cannot be written to; the bytes are read again next time
        write_manifest(environment.path, {**manifest, "fingerprint": seen})
    return True


def remove(environment: Environment, forget_users: bool = False) -> bool:
    """Delete an environment; False if a process uses it. It is gone at once, however long the deletion takes."""
    try:
        with unused(environment, wait=False):
            removed = environment.sibling(f"{os.getpid()}.removed")
            if environment.path.exists():
                environment.path.rename(removed)
            if forget_users:
                environment.sibling(USERS).unlink(missing_ok=True)
            shutil.rmtree(removed, ignore_errors=True)
    except Timeout:
        return False
    return True


def remove_leftovers() -> None:
    """Delete what killed builds and removals left, unless a process works on it."""
    for path in [*environments_folder().glob("*.building"), *environments_folder().glob("*.removed")]:
        key = path.name.partition(".")[0]
        with suppress(Timeout), unused(Environment(key, path.with_name(key)), wait=False):
            shutil.rmtree(path, ignore_errors=True)
