"""Environments: built once per lock, Python and platform; kept outside the project; rebuilt if they change."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kit.environments.installed import broken_packages, description, fingerprint
from kit.environments.interpreters import Interpreter, interpreter_for
from kit.environments.lock import Lock
from kit.environments.uv import WHEELS_ONLY, run_uv
from kit.errors import KitError
from kit.system.caches import environments_folder

MANIFEST = "environment.json"
LAST_USE = "last-use"


@dataclass(frozen=True)
class Environment:
    """A ready environment; `key` is the digest of the lock, the Python and the platform."""

    key: str
    path: Path

    @property
    def python(self) -> Path:
        return executable_in(self.path)

    @property
    def last_use(self) -> float:
        """Seconds since the epoch."""
        return (self.path / LAST_USE).stat().st_mtime

    @property
    def size(self) -> int:
        """Bytes, each file counted once however often it is linked here."""
        seen = {(s.st_dev, s.st_ino): s.st_size for s in (p.lstat() for p in self.path.rglob("*"))}
        return sum(seen.values())


def environment_key(lock: Lock, interpreter: Interpreter) -> str:
    return hashlib.sha256(f"{lock.sha256}\n{interpreter.identity}\n".encode()).hexdigest()[:32]


def environment_for(lock: Lock, python: str) -> Environment:
    """The environment of a lock, built now if nobody has built it yet.

    Two callers at once build it once. A build that was killed leaves only a folder that the next one removes.

    Raises:
        KitError: a package cannot be fetched, its hash does not match, or there is no such Python.
    """
    interpreter = interpreter_for(python)
    folder = environments_folder()
    key = environment_key(lock, interpreter)
    environment = Environment(key, folder / key)
    if not is_intact(environment):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{key}.lock"):
            if is_ready(environment) and not is_intact(environment):
                print(f"kit: the environment of {lock.label} changed after it was built; rebuilding it", flush=True)
                rebuild(environment, lock, interpreter)
            elif not is_ready(environment):
                build(environment, lock, interpreter)
    (environment.path / LAST_USE).touch()
    return environment


def is_ready(environment: Environment) -> bool:
    """Whether an environment is complete, and the Python it was built on still there."""
    return (environment.path / MANIFEST).is_file() and environment.python.exists()


def is_intact(environment: Environment) -> bool:
    """Whether an environment is complete and no file of it was changed, added or removed since it was built.

    Looks at sizes and times, which takes milliseconds; `kit env check` reads every byte.
    """
    return is_ready(environment) and manifest_of(environment).get("fingerprint") == fingerprint(environment.path)


def all_environments() -> list[Environment]:
    """Every built environment on this machine, the most recently used first."""
    found = [Environment(path.parent.name, path.parent) for path in environments_folder().glob(f"*/{MANIFEST}")]
    built = [environment for environment in found if not environment.path.suffix]
    return sorted(built, key=lambda environment: -environment.last_use)


def remove(environment: Environment) -> None:
    """Delete an environment; it disappears at once, however long the deletion takes."""
    folder = environments_folder()
    with FileLock(folder / f"{environment.key}.lock"):
        grave = folder / f"{environment.key}.removed"
        if environment.path.exists():
            environment.path.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)


def remove_leftovers() -> None:
    """Delete what killed builds and removals left, unless somebody is at it."""
    for path in [*environments_folder().glob("*.building"), *environments_folder().glob("*.removed")]:
        try:
            with FileLock(path.with_name(f"{path.name.partition('.')[0]}.lock"), blocking=False):
                shutil.rmtree(path, ignore_errors=True)
        except Timeout:
            continue


def manifest_of(environment: Environment) -> dict[str, Any]:
    """What an environment was built from."""
    manifest: dict[str, Any] = json.loads((environment.path / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def executable_in(path: Path) -> Path:
    return path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def rebuild(environment: Environment, lock: Lock, interpreter: Interpreter) -> None:
    """Build again what was changed, without what uv's cache holds of it: its files may be the very same, linked."""
    forget(broken_packages(environment.path))
    build(environment, lock, interpreter)


def build(environment: Environment, lock: Lock, interpreter: Interpreter) -> None:
    """Build aside, check every file against its wheel's RECORD, and rename.

    Raises:
        KitError: a package cannot be fetched or its hash does not match.
    """
    started = time.monotonic()
    print(f"kit: building the environment of {lock.label} ({len(lock.requirements)} packages locked)", flush=True)
    # A name of its own: when a build is killed, its uv may live on for a moment and go on writing.
    building = environment.path.with_name(f"{environment.key}.{os.getpid()}.building")
    for left in environment.path.parent.glob(f"{environment.key}.*building"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        _install(lock, building, interpreter)
        if broken := broken_packages(building):  # files in uv's cache, shared with every environment, were changed
            forget(broken)
            shutil.rmtree(building)
            _install(lock, building, interpreter)
            if broken := broken_packages(building):
                raise KitError(f"{lock.label}: files of {', '.join(broken)} differ from their wheel's RECORD")
        (building / LAST_USE).touch()
        manifest = {
            "lock": lock.sha256,
            "python": interpreter.identity,
            "built_from": lock.label,
            "installed": description(building, lock.pins),
            "fingerprint": fingerprint(building),
        }
        (building / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(environment.path, ignore_errors=True)
        building.rename(environment.path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    print(f"kit: environment ready in {time.monotonic() - started:.1f} s", flush=True)


def forget(packages: Sequence[str]) -> None:
    """Drop packages from uv's cache, so that they are fetched again."""
    if packages:
        run_uv(["cache", "clean", *packages])


def _install(lock: Lock, building: Path, interpreter: Interpreter) -> None:
    """Install the lock, byte-compiled, because nothing may write into the environment later."""
    _uv(lock, ["venv", "--no-project", "--relocatable", "--python", interpreter.executable, str(building)])
    requirements = building / "requirements.txt"
    requirements.write_text("\n".join(lock.requirements) + "\n", encoding="utf-8")
    sync = ["pip", "sync", WHEELS_ONLY, "--require-hashes", "--compile-bytecode", "--allow-empty-requirements"]
    _uv(lock, [*sync, "--python", str(executable_in(building)), str(requirements)])


def _uv(lock: Lock, arguments: list[str]) -> None:
    done = run_uv(arguments, cwd=Path(lock.path.parent))
    if done.returncode:
        message = done.message.replace("requirements.txt", lock.label)
        raise KitError(f"{lock.label}: the environment cannot be built: {message}")
