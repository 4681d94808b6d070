"""A card's front matter: the YAML between the first two lines of dashes of a README.md."""

from collections.abc import Mapping
from typing import Any

import yaml

from kit.formats import yaml12

FENCE = "---\n"


def front_matter(text: str) -> tuple[str, int, str | None]:
    """The YAML between the first two lines of dashes; else a line and what is wrong with it."""
    if not text.startswith(FENCE) or f"\n{FENCE}" not in text:
        return "", 1, "has no front matter; begin it with --- and the card's fields, as in the other modules"
    front = text.removeprefix(FENCE).partition(f"\n{FENCE}")[0] + "\n"
    try:
        yaml12.load(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        return "", mark.line + 2 if mark else 1, f"front matter: {problem}"
    return front, 1, None


def card_in(readme: bytes | None) -> Mapping[str, Any]:
    """The front matter of a README.md; empty where there is none that can be read."""
    front, _, problem = front_matter((readme or b"").decode(errors="replace"))
    found = {} if problem else yaml12.load(front)
    return found if isinstance(found, dict) else {}
