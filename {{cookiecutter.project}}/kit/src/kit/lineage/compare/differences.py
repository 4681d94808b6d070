"""Differences in words: of files, locks, contracts and parameters."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from kit.formats.flat import short_text
from kit.project.module_code import Source

LINES, CONTEXT = 40, 40


def of_bytes(left: bytes | None, right: bytes | None) -> tuple[str, tuple[str, ...]]:
    """A sentence on two contents of a file, and the first lines that differ; None: not on this machine."""
    if left is None or right is None:
        return "other bytes; one of the two is not on this machine", ()
    try:
        before, after = left.decode().splitlines(), right.decode().splitlines()
    except UnicodeDecodeError:
        return f"other bytes, {len(left)} → {len(right)} in size", ()
    if len(before) == len(after):
        changed = [number for number, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]]
        if not changed:
            return "only line ends differ", ()
        first = changed[0]
        many = f"{len(changed)} of {len(before)} lines {'differs' if len(changed) == 1 else 'differ'}"
        pair = _around(before[first - 1], after[first - 1])
        detail = (f"line {first}", f"- {pair[0]}", f"+ {pair[1]}")
        return f"{many}, the first is line {first}", detail
    return f"{len(before)} → {len(after)} lines", tuple(_diff(before, after, "", 0))


def _around(left: str, right: str) -> tuple[str, str]:
    """Two lines, cut to where they begin to differ."""
    pairs = enumerate(zip(left, right, strict=False))
    same = next((index for index, (a, b) in pairs if a != b), min(len(left), len(right)))
    start = max(0, same - CONTEXT)
    return tuple(
        f"{'…' if start else ''}{line[start : same + CONTEXT]}{'…' if len(line) > same + CONTEXT else ''}"
        for line in (left, right)
    )  # type: ignore[return-value]


def of_text(label: str, path: str, left: Source, right: Source) -> Iterator[str]:
    """A unified diff of one file of a module; a binary file is only named."""
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
    """What changed in `resources`, in words, and whether anything else in module.yaml changed."""
    before, after = left.get("resources") or {}, right.get("resources") or {}
    words = {"cpus": "threads"}
    changes = [
        f"{words.get(name, name)} {short_text(before.get(name))} → {short_text(after.get(name))}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    rest = {key: value for key, value in left.items() if key != "resources"}
    return ", ".join(changes), rest != {key: value for key, value in right.items() if key != "resources"}
