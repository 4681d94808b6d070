"""The project's settings in pyproject.toml."""

import tomllib
from collections.abc import Mapping
from typing import Any

from kit.git.files import Files


def pyproject(files: Files, *path: str) -> Mapping[str, Any]:
    """A table of pyproject.toml; empty if it is missing or cannot be read."""
    try:
        found: Any = tomllib.loads((files.read("pyproject.toml") or b"").decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
