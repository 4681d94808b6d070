"""Differences as text: of files, locks, contracts and parameters."""

import difflib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from os import SEEK_END
from typing import Any, BinaryIO

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import FOLDER
from kit.formats.flat import short_text
from kit.lineage.compare.lines import LineComparison, compare_lines, is_text
from kit.lineage.history.opening import Contents
from kit.project.module_code import Source

LINES, CONTEXT = 40, 40
DIFF_BYTES = 1 << 20


def of_artifacts(left: Contents, before: Artifact, right: Contents, after: Artifact) -> tuple[str, tuple[str, ...]]:
    """A sentence on two contents of a file or folder, and what to look at."""
    if before.hash.endswith(FOLDER) or after.hash.endswith(FOLDER):
        return of_members(left.members(before), right.members(after))
    with ExitStack() as stack:
        streams = [contents.open(artifact) for contents, artifact in ((left, before), (right, after))]
        return of_contents(*(stream and stack.enter_context(stream) for stream in streams))


def of_members(left: Mapping[str, str] | None, right: Mapping[str, str] | None) -> tuple[str, tuple[str, ...]]:
    """A sentence on two listings of a folder (path to hash), and its first files that differ; None: not here."""
    if left is None or right is None:
        return "other files; the listing of one of the two is not on this machine", ()
    names = sorted(name for name in {*left, *right} if left.get(name) != right.get(name))
    signs = [f"{'+' if name not in left else '-' if name not in right else '±'} {name}" for name in names]
    more = (f"… {len(signs) - LINES} more files",) if len(signs) > LINES else ()
    return f"{len(names)} of {len({*left, *right})} files", (*signs[:LINES], *more)


def of_contents(left: BinaryIO | None, right: BinaryIO | None) -> tuple[str, tuple[str, ...]]:
    """A sentence on two contents of a file, and the first lines that differ; None: not on this machine.

    The streams are read piece by piece.
    """
    if left is None or right is None:
        return "other bytes; one of the two is not on this machine", ()
    if not (is_text(left) and is_text(right)):
        return f"other bytes, {_size(left)} → {_size(right)} in size", ()
    found = compare_lines(left, right)
    if found.before != found.after:
        return f"{found.before} → {found.after} lines", _few_lines(left, right) or _first_line(found)
    if found.first is None:
        return "only line ends differ", ()
    many = f"{found.differing} of {found.before} lines {'differs' if found.differing == 1 else 'differ'}"
    return f"{many}, the first is line {found.first[0]}", _first_line(found)


def _size(stream: BinaryIO) -> int:
    return stream.seek(0, SEEK_END)


def _few_lines(left: BinaryIO, right: BinaryIO) -> tuple[str, ...]:
    """A diff of two short texts; nothing for long ones, which it would take minutes and much memory to align."""
    if max(_size(left), _size(right)) > DIFF_BYTES:
        return ()
    before, after = (_lines_of(stream) for stream in (left, right))
    return tuple(_diff(before, after, "", 0))


def _lines_of(stream: BinaryIO) -> list[str]:
    stream.seek(0)
    return stream.read(DIFF_BYTES).decode().splitlines()


def _first_line(found: LineComparison) -> tuple[str, ...]:
    if found.first is None:  # one text is the beginning of the other
        return ()
    number, *lines = found.first
    before, after = _around(*(line.decode(errors="replace") for line in lines))
    return (f"line {number}", f"- {before}", f"+ {after}")


def _around(left: str, right: str) -> tuple[str, str]:
    """Two lines, shortened to where they begin to differ."""
    pairs = enumerate(zip(left, right, strict=False))
    same = next((index for index, (a, b) in pairs if a != b), min(len(left), len(right)))
    start = max(0, same - CONTEXT)
    return tuple(
        f"{'…' if start else ''}{line[start : same + CONTEXT]}{'…' if len(line) > same + CONTEXT else ''}"
        for line in (left, right)
    )  # type: ignore[return-value]


def of_text(label: str, path: str, left: Source, right: Source) -> Iterator[str]:
    """A unified diff of one file of a module; of a binary file only the name."""
    try:
        before, after = (side.files.get(path, b"").decode().splitlines() for side in (left, right))
    except UnicodeDecodeError:
        yield f"{label}: a binary file"
        return
    yield from _diff(before, after, label, 3)


def _diff(before: list[str], after: list[str], label: str, context: int) -> Iterator[str]:
    lines = list(difflib.unified_diff(before, after, f"a/{label}", f"b/{label}", lineterm="", n=context))
    yield from (line[:300] for line in lines[0 if label else 2 : LINES])
    if len(lines) > LINES:
        yield f"… {len(lines) - LINES} more lines"


def of_pins(left: Source, right: Source) -> str:
    """The packages that changed between two locks."""
    before, after = left.pins, right.pins
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if not names:
        return "requirements.txt changed, and no version did (hashes or comments)"
    changes = [f"{name} {_versions(before.get(name))} → {_versions(after.get(name))}" for name in names]
    more = f" and {len(changes) - 8} more" if len(changes) > 8 else ""
    return ", ".join(changes[:8]) + more


def _versions(pinned: set[str] | None) -> str:
    return " or ".join(sorted(pinned)) if pinned else "none"


def of_contracts(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[str, bool]:
    """What changed in `resources`, as text, and whether anything else in module.yaml changed."""
    before, after = left.get("resources") or {}, right.get("resources") or {}
    words = {"cpus": "threads"}
    changes = [
        f"{words.get(name, name)} {short_text(before.get(name))} → {short_text(after.get(name))}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    rest = {key: value for key, value in left.items() if key != "resources"}
    return ", ".join(changes), rest != {key: value for key, value in right.items() if key != "resources"}
