"""Build an environment from its lock, in a temporary folder, and check every file that was installed."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from kit.environments.bytecode import add_bytecode, bytecode_digests
from kit.environments.contents import contents, fingerprint
from kit.environments.environment import LAST_USE, Environment, all_environments, executable_in, write_manifest
from kit.environments.installed import broken_packages, description
from kit.environments.interpreters import Interpreter
from kit.environments.lock import Lock
from kit.environments.uv import WHEELS_ONLY, run_uv
from kit.errors import KitError


def rebuild(environment: Environment, lock: Lock, interpreter: Interpreter) -> None:
    """Build a changed environment again; drop its changed packages from uv's cache, which may hold the same files."""
    forget(broken_packages(environment.path))
    build(environment, lock, interpreter)


def build(environment: Environment, lock: Lock, interpreter: Interpreter) -> None:
    """Build in a temporary folder, check every file against its wheel's RECORD, and rename; the caller holds the lock.

    Raises:
        KitError: a package cannot be fetched or its hash does not match.
    """
    started = time.monotonic()
    print(f"kit: building the environment of {lock.label} ({len(lock.requirements)} packages locked)", flush=True)
    # A unique name: when a build is killed, its uv may live for another moment and continue writing.
    building = environment.sibling(f"{os.getpid()}.building")
    for left in environment.path.parent.glob(f"{environment.key}.*building"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        _install(lock, building, interpreter)
        if broken := broken_packages(building):  # files in uv's cache, shared with every environment, were changed
            forget(broken)
            shutil.rmtree(building)
            _install(lock, building, interpreter)
            if broken := broken_packages(building):
                raise KitError(f"files of {', '.join(broken)} differ from their wheel's RECORD", lock.label)
        same = [other for other in all_environments() if other.manifest.get("python") == interpreter.identity]
        add_bytecode(building, same)
        _describe(building, lock, interpreter)
        shutil.rmtree(environment.path, ignore_errors=True)
        building.rename(environment.path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    print(f"kit: environment ready in {time.monotonic() - started:.1f} s", flush=True)


def forget(packages: Sequence[str]) -> None:
    """Drop packages from uv's cache, so that they are downloaded again."""
    if packages:
        run_uv(["cache", "clean", *packages])


def _describe(building: Path, lock: Lock, interpreter: Interpreter) -> None:
    """Write the manifest: what was built."""
    (building / LAST_USE).touch()
    manifest = {
        "lock": lock.sha256,
        "python": interpreter.identity,
        "built_from": lock.label,
        "installed": description(building, lock.pins),
        "bytecode": bytecode_digests(building),
        "fingerprint": fingerprint(building),
        "contents": contents(building),
    }
    write_manifest(building, manifest)


def _install(lock: Lock, building: Path, interpreter: Interpreter) -> None:
    """Install the lock."""
    _uv(lock, ["venv", "--no-project", "--relocatable", "--python", interpreter.executable, str(building)])
    requirements = building / "requirements.txt"
    requirements.write_text("\n".join(lock.requirements) + "\n", encoding="utf-8")
    sync = ["pip", "sync", WHEELS_ONLY, "--require-hashes", "--no-compile-bytecode", "--allow-empty-requirements"]
    _uv(lock, [*sync, "--python", str(executable_in(building)), str(requirements)])


def _uv(lock: Lock, arguments: list[str]) -> None:
    done = run_uv(arguments, cwd=Path(lock.path.parent))
    if done.returncode:
        message = done.message.replace("requirements.txt", lock.label)
        raise KitError(f"the environment cannot be built: {message}", lock.label)
