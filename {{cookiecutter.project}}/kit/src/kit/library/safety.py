"""What `kit add` accepts: source text in plain files, limited in number and size."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from kit.errors import KitError

LARGEST_FILE = 1 << 20
LARGEST_MODULE = 10 << 20
MOST_FILES = 200
SUFFIXES = {".py", ".pyi", ".yaml", ".yml", ".json", ".toml", ".txt", ".in", ".md", ".csv"}
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", re.ASCII)
PLAIN_FILE = "100644"
MODES = {"100755": "is executable", "120000": "is a link", "160000": "is a submodule", "040000": "is not a file"}


def refuse(path: str, mode: str, size: int | None) -> None:
    """Refuse a file that does not belong in a module.

    Raises:
        KitError: it is outside its folder, hidden, a link, executable, too large (size None: not even fetched), or of a
            kind that is neither read as text nor run as Python.
    """
    for problem in _problems(path, mode, size):
        raise KitError(f"{printable(path)}: {problem}; nothing was added")


def refuse_all(sizes: Iterable[tuple[str, int]]) -> None:
    """Refuse too many files or bytes, and names that are the same on some systems.

    Raises:
        KitError: more files or bytes than a module may have.
    """
    listed = list(sizes)
    if len(listed) > MOST_FILES or sum(size for _, size in listed) > LARGEST_MODULE:
        raise KitError(
            f"{len(listed)} files, {sum(size for _, size in listed)} bytes: larger than a module may be"
            f" ({MOST_FILES} files, {LARGEST_MODULE >> 20} MiB); nothing was added"
        )
    seen: dict[str, str] = {}
    for path, _ in listed:
        if other := seen.get(path.casefold()):
            raise KitError(f"is the same file as {other} on some systems; nothing was added", path)
        seen[path.casefold()] = path


def printable(path: str) -> str:
    """A path that may be printed: without control characters, which could control a terminal."""
    return path.encode("unicode_escape").decode()


def _problems(path: str, mode: str, size: int | None) -> Iterator[str]:
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\\" in path:
        yield "is outside the module's folder"
    if any(not NAME.fullmatch(part) for part in parts):
        yield "is hidden or has an unusual name"
    if mode != PLAIN_FILE:
        yield MODES.get(mode, "is not a plain file")
    if size is None or size > LARGEST_FILE:
        how_large = "" if size is None else f" ({size} bytes)"
        yield f"is larger than {LARGEST_FILE >> 20} MiB{how_large}; weights and data belong to DVC"
    if PurePosixPath(path).suffix not in SUFFIXES:
        yield f"is not a kind of file that a module may contain ({' '.join(sorted(SUFFIXES))})"
