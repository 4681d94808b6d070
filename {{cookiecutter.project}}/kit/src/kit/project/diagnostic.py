"""A mistake, its place, and how to fix it."""

from dataclasses import dataclass

import yaml

from kit.errors import KitError
from kit.formats import yaml12
from kit.project.project import Project

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Diagnostic:
    """A mistake: file and line (from 1), what is wrong and how to fix it."""

    file: str
    line: int
    message: str
    level: str = ERROR


def diagnostic_of(error: KitError, project: Project, level: str = ERROR) -> Diagnostic:
    """An error as a mistake; one that is in no file is put at the beginning of dvc.yaml."""
    file = error.file or "dvc.yaml"
    return Diagnostic(file, error.line or line_in(project, file, error.at), error.message, level)


def line_in(project: Project, file: str, path: tuple[str | int, ...]) -> int:
    """The line of a key or item in a YAML file; 1 if it is unknown."""
    try:
        return yaml12.line_of((project.root / file).read_text(encoding="utf-8"), path) if path else 1
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return 1
