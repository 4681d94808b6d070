"""Find the Python that a module asks for."""

import os
import platform
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kit.environments.uv import run_uv
from kit.errors import KitError


@dataclass(frozen=True)
class Interpreter:
    """A Python: its executable, and what distinguishes it from others."""

    executable: str
    version: str

    @property
    def identity(self) -> str:
        """Implementation, exact version and platform: what compiled packages depend on."""
        return f"{sys.implementation.name}-{self.version}-{sysconfig.get_platform()}"


@cache
def interpreter_for(python: str) -> Interpreter:
    """An interpreter of a version such as 3.11: the kit's own if it fits, else one that uv finds or downloads.

    Raises:
        KitError: there is none.
    """
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = getattr(sys, "_base_executable", None)
    if python == own and base:
        return Interpreter(base, platform.python_version())
    found = run_uv(["python", "find", "--no-project", python])
    if found.returncode and run_uv(["python", "install", python]).returncode == 0:
        found = run_uv(["python", "find", "--no-project", python])
    if found.returncode:
        raise KitError(f"Python {python} is not on this machine and uv cannot fetch it; install it ({found.message})")
    version = run_uv(["python", "find", "--no-project", "--show-version", python])
    return Interpreter(found.output.strip(), version.output.strip())


def prefix_of(python: Path) -> Path:
    """The folder in which a Python is installed, with the links of virtual environments resolved."""
    real = python.resolve()
    return real.parent if os.name == "nt" else real.parent.parent
