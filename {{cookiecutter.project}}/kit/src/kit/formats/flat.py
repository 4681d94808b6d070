"""Nested settings as dotted names and short values."""

import json
from collections.abc import Iterator
from math import isnan
from typing import Any


def flat(settings: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested settings as (dotted name, value)."""
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{before}{name}.")
        elif value != {}:
            yield f"{before}{name}", value


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same; NaN counts as equal to NaN."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, float) and isinstance(right, float) and isnan(left):
        return isnan(right)
    return bool(left == right)


def short_text(value: Any) -> str:
    """A value as YAML would write it, shortened."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 120 else f"{text[:117]}…"
