"""A card's front matter: the YAML between the first two lines of dashes of a README.md."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from kit.errors import one_line
from kit.formats import yaml12

FRONT = re.compile(r"---[ \t]*\n(?P<front>.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)


def front_matter(text: str) -> tuple[str, int, str | None]:
    """The YAML between the first two lines of dashes, with plain line ends; else the line number and the problem."""
    found = FRONT.match(_plain(text))
    if not found:
        return "", 1, "has no front matter; begin it with --- and the card's fields, as in the other modules"
    front = found["front"]
    try:
        yaml12.load(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or one_line(error)
        return "", mark.line + 2 if mark else 1, f"front matter: {problem}"
    return front, 1, None


def card_in(readme: bytes | None) -> Mapping[str, Any]:
    """The front matter of a README.md; empty if there is none that can be read."""
    front, _, problem = front_matter((readme or b"").decode(errors="replace"))
    found = {} if problem else yaml12.load(front)
    return found if isinstance(found, dict) else {}


def _plain(text: str) -> str:
    """Text without the byte order mark and carriage returns that editors on Windows add."""
    return text.removeprefix("\N{BYTE ORDER MARK}").replace("\r\n", "\n")
