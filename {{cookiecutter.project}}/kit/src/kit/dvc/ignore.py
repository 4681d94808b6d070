"""What .dvcignore files leave out of a project, as DVC reads them (dvc.ignore.DvcIgnoreFilter, 3.67.1)."""

import posixpath
from collections.abc import Callable, Iterable

from dvc.ignore import DvcIgnorePatterns
from dvc.pathspec_math import PatternInfo, merge_patterns

from kit.errors import KitError

NAME = ".dvcignore"
ALWAYS = (".hg/", ".git/", ".git", ".dvc/")
ROOT = "/"


class Ignored:
    """Which paths of a project DVC ignores: by the .dvcignore in their folder and in any above it.

    `read` gives the bytes of a file of the project, None where there is none; from the working tree or from a commit.
    """

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self._known: dict[str, DvcIgnorePatterns] = {}

    def matches(self, path: str, is_folder: bool = False) -> bool:
        """Whether DVC ignores a path, relative to the project with forward slashes.

        Raises:
            KitError: a .dvcignore is not UTF-8 text.
        """
        folder, _, name = path.rpartition("/")
        return bool(self._patterns(folder).matches(_absolute(folder), name, is_folder))

    def kept(self, folder: str, names: Iterable[str], are_folders: bool = False) -> list[str]:
        """Those of the names in a folder that DVC looks at."""
        patterns, where = self._patterns(folder), _absolute(folder)
        return [name for name in names if not patterns.matches(where, name, are_folders)]

    def _patterns(self, folder: str) -> DvcIgnorePatterns:
        """The patterns for the content of a folder: those of the folders above it, and of its own .dvcignore."""
        if folder not in self._known:
            above = self._patterns(folder.rpartition("/")[0]) if folder else DvcIgnorePatterns(ALWAYS, ROOT, "/")
            path = f"{folder}/{NAME}" if folder else NAME
            own = None if above.matches(_absolute(folder), NAME) else self._read(path)
            self._known[folder] = _merged(above, _lines(own, path), _absolute(folder)) if own else above
        return self._known[folder]


def _lines(data: bytes, path: str) -> list[PatternInfo]:
    try:
        lines = map(str.strip, data.decode().splitlines())
    except UnicodeDecodeError:
        raise KitError("is not UTF-8 text; save it as UTF-8", path) from None
    return [PatternInfo(line, path) for line in lines if line and not line.startswith("#")]


def _merged(above: DvcIgnorePatterns, lines: list[PatternInfo], folder: str) -> DvcIgnorePatterns:
    patterns, prefix = merge_patterns(posixpath, above.pattern_list, above.dirname, lines, folder)
    return DvcIgnorePatterns(patterns, prefix, "/")


def _absolute(folder: str) -> str:
    """DVC's patterns compare absolute paths; the project stands for the root here."""
    return ROOT + folder
