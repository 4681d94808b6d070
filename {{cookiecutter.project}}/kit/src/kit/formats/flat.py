"""Nested settings as dotted names and short values."""

import json
from collections.abc import Iterator
from typing import Any


def flat(settings: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested settings as (dotted name, value)."""
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{before}{name}.")
        elif value != {}:
            yield f"{before}{name}", value


def short_text(value: Any) -> str:
    """A value as YAML would write it, cut short."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 120 else f"{text[:117]}…"
