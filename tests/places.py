"""Where the template and the project inside it lie, and what pytest's workers share."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "{{cookiecutter.project}}"


def shared(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], object] | None = None) -> Path:
    """A folder of this session that all of pytest's workers use; one of them fills it while the others wait."""
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, filled = base / name, base / f"{name}.filled"
    with FileLock(f"{folder}.lock"):
        if not filled.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            if fill:
                fill(folder)
            filled.touch()
    return folder


def as_a_user() -> dict[str, str]:
    """The environment of somebody who works in a generated project: there Python may keep its bytecode."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
