"""A project's files at a commit or in the working tree, with the same interface."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from kit.git.objects import FOLDER, LINK, Entry, Objects

LINKS_FOLLOWED = 5


class Files(Protocol):
    """Paths are relative to the project, with forward slashes; `keyed`: whether existing files have keys."""

    keyed: bool

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None if there is no such file."""

    def under(self, folder: str) -> Iterator[str]:
        """The paths of all files in a folder and below, relative to it."""

    def ending(self, suffix: str) -> Iterable[str]:
        """The paths of all files of the project whose name has this ending."""

    def key(self, path: str) -> str | None:
        """A key that is equal for equal content; None if that is unknown without reading."""


class CommittedFiles:
    """The files of a commit's tree."""

    keyed = True

    def __init__(self, objects: Objects, tree: str, prefix: str) -> None:
        self._objects = objects
        root = objects.at(tree, prefix)
        self._root = root.id if root and root.mode == FOLDER else None

    def read(self, path: str) -> bytes | None:
        entry = self._entry(path)
        return self._objects.read(entry.id) if entry else None

    def under(self, folder: str) -> Iterator[str]:
        entry = self._objects.at(self._root, folder) if self._root else None
        if entry and entry.mode == FOLDER:
            yield from (path for path, found in self._objects.files(entry.id) if _is_file(found))

    def ending(self, suffix: str) -> Iterable[str]:
        return self._objects.ending(self._root, suffix) if self._root else ()

    def key(self, path: str) -> str | None:
        """The blob's id, or the tree's."""
        entry = self._objects.at(self._root, path) if self._root else None
        return entry.id if entry else None

    def _entry(self, path: str) -> Entry | None:
        """The blob at a path, following links that stay in the project."""
        for _ in range(LINKS_FOLLOWED):
            entry = self._objects.at(self._root, path) if self._root else None
            if entry is None or not _is_file(entry):
                return None
            if entry.mode != LINK:
                return entry
            target = (self._objects.read(entry.id) or b"").decode(errors="surrogateescape")
            path = os.path.normpath(PurePosixPath(path).parent / target)
        return None


class WorkingFiles:
    """The files on disk."""

    keyed = False

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes | None:
        place = self._root / path
        return place.read_bytes() if place.is_file() else None

    def under(self, folder: str) -> Iterator[str]:
        top = self._root / folder
        for here, folders, names in os.walk(top):
            folders[:] = sorted(name for name in folders if name not in (".git", ".venv", ".dvc") or here != str(top))
            for name in sorted(names):
                yield Path(here, name).relative_to(top).as_posix()

    def ending(self, suffix: str) -> Iterable[str]:
        return (path for path in self.under("") if path.endswith(suffix))

    def key(self, path: str) -> str | None:
        return None


def _is_file(entry: Entry) -> bool:
    """Whether it is neither a folder nor a submodule."""
    return entry.mode.startswith("1") and entry.mode != "160000"
