"""A module's card: the YAML front matter of its README.md."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from kit.formats import yaml12
from kit.formats.documents import schema_named, violation
from kit.formats.front_matter import front_matter
from kit.project.diagnostic import ERROR, WARNING, Diagnostic
from kit.project.view import View


def card_diagnostics(view: View, name: str) -> Iterator[Diagnostic]:
    """Whether the card is complete, and whether a deprecated module is still used."""
    file = f"modules/{name}/README.md"
    path = view.project.root / file
    if not path.is_file():
        return  # module_diagnostics reports it
    text = path.read_text(encoding="utf-8", errors="replace")
    front, line, problem = front_matter(text)
    if problem:
        yield Diagnostic(file, line, problem)
        return
    card = yaml12.load(front)
    if broken := violation(card, schema_named("card")):
        yield Diagnostic(file, 1 + yaml12.line_of(front, broken.path), f"front matter: {broken}")
    elif card["stability"] == "deprecated":
        yield from deprecation(view, name, card, 1 + yaml12.line_of(front, ("stability",)))


def deprecation(view: View, name: str, card: dict[str, Any], line: int) -> Iterator[Diagnostic]:
    """A warning if a stage uses the module, and an error from the day that the card names."""
    file = f"modules/{name}/README.md"
    try:
        gone = date.fromisoformat(card["removed_on"]) <= datetime.now(UTC).date()
    except ValueError:
        yield Diagnostic(file, line, f"front matter: removed_on: {card['removed_on']} is not a date; write YYYY-MM-DD")
        return
    if name in view.used:
        since = f"was to be removed on {card['removed_on']}" if gone else f"will be removed on {card['removed_on']}"
        message = f"{name} is deprecated and {since}; let stage {view.used[name]} use {card['replaced_by']}"
        yield Diagnostic(file, line, message, ERROR if gone else WARNING)
