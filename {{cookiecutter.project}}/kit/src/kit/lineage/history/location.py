"""The project of a command: the one around the working directory, or a bare repository."""

from pathlib import Path

from kit.errors import KitError
from kit.git.repository import open_repository
from kit.lineage.history.history import History
from kit.project.project import find_project


def project_history(start: Path | None = None) -> History:
    """The history of the project around a folder.

    Raises:
        KitError: there is no project, or it is not in Git.
    """
    here = start or Path.cwd()
    try:
        root = find_project(here).root
    except KitError:
        if not open_repository(here).bare:
            raise
        root = here
    return History.of(root)
