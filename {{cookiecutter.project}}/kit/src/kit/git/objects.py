"""Git's objects, read through one `git cat-file` process."""

import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import IO, NamedTuple, TypeVar

from kit.errors import KitError
from kit.git.command import GitProcess, start_git
from kit.git.repository import Repository

# Requests are written before answers are read, so a batch must fit into a pipe (64 KiB on Linux).
BATCH = 128
FOLDER = "40000"
LINK = "120000"
T = TypeVar("T")


class Entry(NamedTuple):
    """One name in a tree: Git's mode, and the object's id."""

    mode: str
    id: str


class Objects:
    """Reads blobs and trees by id or by `COMMIT:path`. One process serves all requests."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._trees: dict[str, dict[str, Entry]] = {}
        self._endings: dict[tuple[str, str], tuple[str, ...]] = {}

    @cached_property
    def _process(self) -> GitProcess:
        process = start_git(self._repository.folder, "cat-file", "--batch-command", "--buffer")
        weakref.finalize(self, _end, process)
        return process

    def ids(self, names: Iterable[str]) -> Iterator[str | None]:
        """The id of each object; None if there is no such object."""
        return self._ask("info", names, lambda header, _: header.split(b" ", 1)[0].decode())

    def contents(self, names: Iterable[str]) -> Iterator[bytes | None]:
        """The bytes of each object; None if there is no such object, or this clone lacks it."""
        return self._ask("contents", names, _content)

    def read(self, name: str) -> bytes | None:
        """One object's bytes."""
        return next(self.contents([name]))

    def tree(self, tree_id: str) -> dict[str, Entry]:
        """Name to entry of one tree; parsed once."""
        if tree_id not in self._trees:
            self._trees[tree_id] = _entries(self.read(tree_id) or b"", len(tree_id) // 2)
        return self._trees[tree_id]

    def at(self, tree_id: str, path: str) -> Entry | None:
        """The entry at a path below a tree; the tree itself for an empty path."""
        entry = Entry(FOLDER, tree_id)
        for step in filter(None, path.split("/")):
            if entry.mode != FOLDER:
                return None
            found = self.tree(entry.id).get(step)
            if found is None:
                return None
            entry = found
        return entry

    def ending(self, tree_id: str, suffix: str) -> tuple[str, ...]:
        """The paths of all files below a tree whose name has this ending; each tree is searched once."""
        key = (tree_id, suffix)
        if key not in self._endings:
            found: list[str] = []
            for name, entry in self.tree(tree_id).items():
                if entry.mode == FOLDER:
                    found += (f"{name}/{path}" for path in self.ending(entry.id, suffix))
                elif name.endswith(suffix):
                    found.append(name)
            self._endings[key] = tuple(found)
        return self._endings[key]

    def files(self, tree_id: str, label: str = "") -> Iterator[tuple[str, Entry]]:
        """(path, entry) of every file below a tree, by path."""
        for name, entry in self.tree(tree_id).items():
            if entry.mode == FOLDER:
                yield from self.files(entry.id, f"{label}{name}/")
            else:
                yield f"{label}{name}", entry

    def _ask(self, command: str, names: Iterable[str], read: Callable[[bytes, IO[bytes]], T]) -> Iterator[T | None]:
        """The result of `read` for each answer; a batch is read completely, so that the caller may stop anywhere."""
        wanted = list(names)
        if any("\n" in name for name in wanted):
            raise KitError("git: a path with a line break cannot be looked up")
        for start in range(0, len(wanted), BATCH):
            yield from self._answers(command, wanted[start : start + BATCH], read)

    def _answers(self, command: str, names: list[str], read: Callable[[bytes, IO[bytes]], T]) -> list[T | None]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write("".join(f"{command} {name}\n" for name in names).encode(errors="surrogateescape") + b"flush\n")
        stdin.flush()
        headers = (stdout.readline() for _ in names)
        return [None if _is_missing(header) else read(header, stdout) for header in headers]


def _end(process: GitProcess) -> None:
    """End the process, which waits for requests."""
    process.kill()
    process.communicate()


def _content(header: bytes, stream: IO[bytes]) -> bytes:
    data = stream.read(int(header.split()[-1]))
    stream.read(1)  # the line break after it
    return data


def _is_missing(header: bytes) -> bool:
    if not header:
        raise KitError("git cat-file ended too early; the kit needs Git 2.36 or newer, and `git fsck` finds damage")
    return header.endswith((b" missing\n", b" ambiguous\n"))


def _entries(data: bytes, width: int) -> dict[str, Entry]:
    """A tree object: mode, space, name, NUL and `width` bytes of id, repeated (Git: tree format)."""
    found, at = {}, 0
    while at < len(data):
        space = data.index(b" ", at)
        end = data.index(b"\0", space)
        name = data[space + 1 : end].decode(errors="surrogateescape")
        found[name] = Entry(data[at:space].decode(), data[end + 1 : end + 1 + width].hex())
        at = end + 1 + width
    return found
