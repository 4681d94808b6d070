"""requirements.txt is read line by logical line; whatever is in it, the answer is a lock or one error."""

import random
from pathlib import PurePosixPath

import pytest

from kit.environments.lock import logical_lines, parse_lock
from kit.errors import KitError

PATH = PurePosixPath("modules/m/requirements.txt")
HASH = f"--hash=sha256:{'0' * 64}"
PIN = f"six==1.17.0 \\\n    {HASH}\n"


@pytest.mark.parametrize(
    "text",
    [
        PIN,
        PIN + "\\\n",
        PIN + "\\",
        PIN.rstrip("\n") + " \\\n",
        PIN + "\\\n\\\n\n",
        "\\\n" + PIN,
        "\\\n\n" + PIN,
        PIN + "    # via x\n\\\n# end\n",
        "\ufeff" + PIN,
        "\ufeff# first line\n" + PIN,
        PIN.replace("\n", "\r\n"),
    ],
)
def test_a_lone_backslash_and_marks_of_editors_mean_nothing(text: str) -> None:
    assert parse_lock(text, PATH, "requirements.txt").requirements == (f"six==1.17.0 {HASH}",)


@pytest.mark.parametrize("text", ["", "\\", "\\\n", "# nothing\n", "\n\\\n\n"])
def test_a_lock_of_nothing_is_empty(text: str) -> None:
    assert parse_lock(text, PATH, "requirements.txt").requirements == ()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", [(1, "a"), (2, "b")]),
        ("a \\\n  b\\\n c\nd", [(1, "a b c"), (4, "d")]),
        ("\n# x\na # why\n", [(3, "a")]),
        ("a#b\n", [(1, "a#b")]),
        ("a \\\n\nb\n", [(1, "a"), (3, "b")]),
    ],
)
def test_continued_lines_are_joined_and_numbered_by_their_first(text: str, lines: list[tuple[int, str]]) -> None:
    assert logical_lines(text) == lines


PARTS = [
    *("six==1.17.0", HASH, "\\", "\n", " ", "#", "-", "==", ";", "@", "*", "["),
    *("'", "\t", "\r", "é", "\ufeff", "\0"),
]


def mistake(text: str) -> str:
    """What is wrong with it; empty for a lock."""
    try:
        parse_lock(text, PATH, "requirements.txt")
    except KitError as error:
        return str(error)
    return ""


def test_any_text_is_a_lock_or_one_error() -> None:
    draw = random.Random(0)
    texts = ["".join(draw.choices(PARTS, k=draw.randint(0, 12))) for _ in range(3000)]
    assert [text for text in texts if "\n" in mistake(text)] == []
