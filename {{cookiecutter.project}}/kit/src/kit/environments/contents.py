"""Whether an environment's files are as they were built: by sizes and times, or by their bytes."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kit.environments.environment import LAST_USE, MANIFEST
from kit.environments.installed import broken_packages, distributions


def fingerprint(environment: Path) -> str:
    """A digest of every file's path, size and modification time: quick to compute, and changed by any ordinary edit.

    An edit through a hard link in another environment changes it too, because the link shares size and time.
    """
    lines = []
    for path, entry in files_in(environment):
        stat = entry.stat(follow_symlinks=False)
        lines.append(f"{path} {stat.st_size} {stat.st_mtime_ns}\n")
    return _digest(lines)


def contents(environment: Path) -> str:
    """A digest of every file's path and bytes, or of a link's target; times do not count.

    A file with a hash in a wheel's RECORD counts by that hash and is not read: `broken_packages` compares it.
    """
    recorded = dict(_recorded(environment))
    entries = list(files_in(environment))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = threads.map(lambda file: recorded.get(file[0]) or _content(file[1]), entries, chunksize=64)
        return _digest([f"{path} {content}\n" for (path, _), content in zip(entries, found, strict=True)])


def has_contents(environment: Path, expected: str | None) -> bool:
    """Whether every byte is as it was when `contents` gave `expected`; reads them all."""
    return expected is not None and contents(environment) == expected and not broken_packages(environment)


def files_in(folder: Path) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """(path below the folder, file) of all files and links, except what the kit itself writes there."""
    yield from (
        (path, entry)
        for path, entry in _walk(str(folder), "")
        if path != f"/{LAST_USE}" and not path.startswith(f"/{MANIFEST}")
    )


def _walk(folder: str, label: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{label}/{entry.name}")
            else:
                yield f"{label}/{entry.name}", entry


def _recorded(environment: Path) -> Iterator[tuple[str, str]]:
    """(path in the environment, hash) of every file with a hash in a RECORD."""
    for distribution in distributions(environment):
        for path, digest in distribution.hashes():
            yield f"/{Path(os.path.relpath(path, environment)).as_posix()}", digest


def _content(entry: "os.DirEntry[str]") -> str:
    if entry.is_symlink():
        return f"link {os.readlink(entry.path)}"
    with open(entry.path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("".join(sorted(lines)).encode(errors="surrogateescape")).hexdigest()
