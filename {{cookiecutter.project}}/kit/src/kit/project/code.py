"""What of a module's folder decides its results: all that .dvcignore does not leave out of its hash."""

import os
from pathlib import Path

from pathspec import GitIgnoreSpec

from kit.formats.documents import read_text
from kit.project.project import Project


def code_files(project: Project, folder: Path) -> list[Path]:
    """The files of a folder that DVC hashes, sorted; an ignored one can change without a stage running again.

    Raises:
        KitError: .dvcignore is no text.
    """
    ignored = GitIgnoreSpec.from_lines(read_text(project.root / ".dvcignore", ".dvcignore").splitlines())
    found: list[Path] = []
    for here, folders, files in os.walk(folder):
        shown = Path(here).relative_to(project.root).as_posix()
        folders[:] = [name for name in folders if not ignored.match_file(f"{shown}/{name}/")]
        found += [Path(here, name) for name in files if not ignored.match_file(f"{shown}/{name}")]
    return sorted(found)
