"""A card's front matter is read however its lines end."""

from collections.abc import Callable

import pytest

from kit.formats.front_matter import card_in, front_matter

CARD = "---\nsummary: A test.\nowner: ana@example.com\n---\n\n# title\n\n---\n"
READ = {"summary": "A test.", "owner": "ana@example.com"}
WRITINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "both": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "blanks behind the dashes": lambda text: text.replace("---\n", "---  \n"),
    "nothing behind": lambda text: text[: text.index("\n\n")],
    "fields in another layout": lambda text: text.replace("summary: A test.", "summary:\n  A test."),
}


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
def test_a_card_is_read(write: Callable[[str], str]) -> None:
    front, line, problem = front_matter(write(CARD))
    assert (line, problem) == (1, None)
    assert "\r" not in front
    assert card_in(write(CARD).encode()) == READ


@pytest.mark.parametrize("text", ["", "# title\n", "---\nsummary: x\n", "\n---\na: 1\n---\n", "----\na: 1\n----\n"])
def test_without_front_matter_it_is_empty(text: str) -> None:
    front, line, problem = front_matter(text)
    assert (front, line) == ("", 1)
    assert problem is not None
    assert problem.startswith("has no front matter")
    assert card_in(text.encode()) == {}


def test_an_empty_card_has_no_fields() -> None:
    assert front_matter("---\n---\n") == ("", 1, None)
    assert card_in(b"---\n---\n") == {}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_mistake_is_told_by_its_line_in_the_file(end: str) -> None:
    _, line, problem = front_matter(end.join(["---", "a: 1", "b: [", "---", ""]))
    assert problem is not None
    assert problem.startswith("front matter: ")
    assert line in (3, 4)
    _, line, problem = front_matter(end.join(["---", "a: 1", "a: 2", "---", ""]))
    assert (line, problem) == (3, "front matter: found duplicate key a")


def test_what_is_no_text_is_empty() -> None:
    assert card_in(b"\xff\xfe---\n") == {}
    assert card_in(None) == {}
