"""A mistake, where it is, and how to mend it."""

import re
from dataclasses import dataclass

import yaml

from kit.errors import KitError
from kit.formats import yaml12
from kit.project.project import Project

ERROR, WARNING = "error", "warning"
PLACE = re.compile(r"(?P<file>[^:]+?)(?::(?P<line>\d+))?: (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True)
class Diagnostic:
    """A mistake: file and line (from 1), what is wrong and how to mend it."""

    file: str
    line: int
    message: str
    level: str = ERROR


def diagnostic_of(error: KitError, project: Project, level: str = ERROR) -> Diagnostic:
    """A KitError names the file first; what it says of the place there becomes a line."""
    found = PLACE.fullmatch(str(error))
    if found is None:
        return Diagnostic("dvc.yaml", 1, str(error), level)
    line = int(found["line"] or 0) or line_in(project, found["file"], error.at)
    return Diagnostic(found["file"], line, found["message"], level)


def line_in(project: Project, file: str, path: tuple[str | int, ...]) -> int:
    """The line of a key or item in a YAML file; 1 where it cannot be told."""
    try:
        return yaml12.line_of((project.root / file).read_text(encoding="utf-8"), path) if path else 1
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return 1
