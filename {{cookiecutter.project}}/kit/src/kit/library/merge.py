"""Three-way merges of files: changes of both sides are kept; where they conflict, both are shown."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.git.command import run_git


@dataclass(frozen=True)
class Merged:
    """The content of a file after a merge (None: it was removed), and whether it has conflicts to resolve."""

    data: bytes | None
    conflict: bool = False


def merged_files(
    ours: Mapping[str, bytes], base: Mapping[str, bytes], theirs: Mapping[str, bytes], names: tuple[str, str]
) -> dict[str, Merged]:
    """Each file that must change or is in conflict; `names` are the labels of both sides in conflict markers."""
    paths = sorted({*ours, *base, *theirs})
    found = {path: merged(ours.get(path), base.get(path), theirs.get(path), names) for path in paths}
    return {path: merge for path, merge in found.items() if merge.conflict or merge.data != ours.get(path)}


def merged(ours: bytes | None, base: bytes | None, theirs: bytes | None, names: tuple[str, str]) -> Merged:
    """One file. If it was deleted on one side and changed on the other, the changed file stays, as a conflict."""
    if ours == theirs or theirs == base:
        return Merged(ours)
    if ours == base:
        return Merged(theirs)
    if ours is None or theirs is None:
        return Merged(ours if theirs is None else theirs, conflict=True)
    return _merged_text(ours, base or b"", theirs, names)


def _merged_text(ours: bytes, base: bytes, theirs: bytes, names: tuple[str, str]) -> Merged:
    """By `git merge-file`, whose exit code counts the conflicts."""
    with tempfile.TemporaryDirectory(prefix="kit-merge-") as scratch:
        files = [Path(scratch, name) for name in ("ours", "base", "theirs")]
        for file, data in zip(files, (ours, base, theirs), strict=True):
            file.write_bytes(data)
        labels = [word for name in (names[0], "as it came", names[1]) for word in ("-L", name)]
        done = run_git(Path(scratch), "merge-file", "--stdout", "--diff3", *labels, *map(str, files), elsewhere=True)
    if done.exit_status < 0 or done.exit_status > 127:
        return Merged(ours, conflict=True)
    return Merged(done.data, conflict=done.exit_status > 0)
