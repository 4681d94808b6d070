"""An environment on this machine: its folder, and what it was built from."""

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.environments.interpreters import Interpreter
from kit.environments.lock import Lock
from kit.system.caches import environments_folder

MANIFEST = "environment.json"
LAST_USE = "last-use"


@dataclass(frozen=True)
class Environment:
    """`key` is the digest of the lock, the Python and the platform; it need not be built yet."""

    key: str
    path: Path

    @property
    def python(self) -> Path:
        return executable_in(self.path)

    @property
    def is_ready(self) -> bool:
        """Whether it is complete, and the Python it was built with still exists."""
        return (self.path / MANIFEST).is_file() and self.python.exists()

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What it was built from; empty if that cannot be read, or it has just been removed."""
        try:
            manifest: dict[str, Any] = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return manifest

    @property
    def last_use(self) -> float:
        """Seconds since the epoch; 0 if it has just been removed."""
        try:
            return (self.path / LAST_USE).stat().st_mtime
        except FileNotFoundError:
            return 0

    @property
    def size(self) -> int:
        """Bytes; a file with several hard links here is counted once."""
        seen = {(s.st_dev, s.st_ino): s.st_size for s in (p.lstat() for p in self.path.rglob("*"))}
        return sum(seen.values())

    def sibling(self, suffix: str) -> Path:
        """A file next to the folder, which stays when the environment is removed."""
        return self.path.with_name(f"{self.key}.{suffix}")


def environment_key(lock: Lock, interpreter: Interpreter) -> str:
    return hashlib.sha256(f"{lock.sha256}\n{interpreter.identity}\n".encode()).hexdigest()[:32]


def environment_of(lock: Lock, interpreter: Interpreter) -> Environment:
    """Where the environment of a lock is, or will be."""
    key = environment_key(lock, interpreter)
    return Environment(key, environments_folder() / key)


def all_environments() -> list[Environment]:
    """Every built environment on this machine, the most recently used first."""
    found = [Environment(path.parent.name, path.parent) for path in environments_folder().glob(f"*/{MANIFEST}")]
    built = [environment for environment in found if not environment.path.suffix]
    return sorted(built, key=lambda environment: -environment.last_use)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write a manifest into an environment's folder, atomically."""
    fresh = folder / f"{MANIFEST}.{os.getpid()}.{threading.get_ident()}"
    fresh.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    fresh.replace(folder / MANIFEST)


def executable_in(path: Path) -> Path:
    return path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
