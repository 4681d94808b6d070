"""Two contents of a file or folder in a sentence, whatever their size."""

import io
import random

import pytest

from kit.lineage.compare import lines
from kit.lineage.compare.differences import of_contents, of_members
from kit.lineage.compare.lines import CHUNK, compare_lines

LONG = b"x" * (3 * CHUNK)
CASES = {
    "one line": (b"a\nb\nc\n", b"a\nB\nc\n", "1 of 3 lines differs, the first is line 2"),
    "two lines": (b"a\nb\nc\n", b"A\nb\nC\n", "2 of 3 lines differ, the first is line 1"),
    "a line more": (b"a\nb\n", b"a\nb\nc\n", "2 → 3 lines"),
    "an end less": (b"a\nb\n", b"a\nb", "only line ends differ"),
    "other ends": (b"a\nb\n", b"a\r\nb\r\n", "only line ends differ"),
    "an empty file": (b"", b"a\nb\n", "0 → 2 lines"),
    "letters of several bytes": ("ä\nö".encode(), "ä\nü".encode(), "1 of 2 lines differs, the first is line 2"),
    "not text": (b"\xff\xfe", b"a", "other bytes, 2 → 1 in size"),
    "NUL": (b"\0" * 10, b"a", "other bytes, 10 → 1 in size"),
    "long lines": (LONG + b"a\nb\n", LONG + b"b\nb\n", "1 of 2 lines differs, the first is line 1"),
    "the ends of long lines": (LONG + b"\nb", LONG + b"\r\nb", "only line ends differ"),
    "far below": (
        b"a\n" * CHUNK + b"b\n",
        b"a\n" * CHUNK + b"c\n",
        f"1 of {CHUNK + 1} lines differs, the first is line ",
    ),
}


class Pieces(io.BytesIO):
    """A stream that refuses to be read whole."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert 0 < size <= CHUNK, "all of a file in memory"
        return super().read(size)


@pytest.mark.parametrize(("left", "right", "sentence"), CASES.values(), ids=CASES)
def test_a_sentence_on_two_files(left: bytes, right: bytes, sentence: str) -> None:
    found, _ = of_contents(Pieces(left), Pieces(right))
    assert found.startswith(sentence)


def test_what_is_shown_of_long_lines_and_long_texts_is_cut() -> None:
    _, detail = of_contents(Pieces(b"x" * 500 + b"a" + LONG), Pieces(b"x" * 500 + b"b" + LONG))
    assert detail == ("line 1", f"- …{'x' * 40}a{'x' * 39}…", f"+ …{'x' * 40}b{'x' * 39}…")
    _, detail = of_contents(Pieces(b"a\n" * 1000), Pieces(b"b\n" * 2000))
    assert len(detail) < 50


def test_a_long_text_with_a_line_more_names_the_first_line_that_differs() -> None:
    """No diff, which would hold both and take minutes."""
    rows = b"".join(b"%d\n" % number for number in range(300_000))
    sentence, detail = of_contents(Pieces(rows), Pieces(rows.replace(b"\n299000\n", b"\nnew\n299000\n")))
    assert (sentence, detail) == ("300000 → 300001 lines", ("line 299001", "- 299000", "+ new"))


def naive(left: bytes, right: bytes) -> tuple[int, int, int, int | None]:
    before, after = left.splitlines(), right.splitlines()
    differ = [number for number, (a, b) in enumerate(zip(before, after, strict=False), 1) if a != b]
    return len(before), len(after), len(differ), differ[0] if differ else None


@pytest.mark.parametrize("seed", range(60))
def test_random_texts_are_compared_as_if_they_were_in_memory(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"CHUNK": 512, "BLOCK": 16, "LINE": 64}.items():
        monkeypatch.setattr(lines, name, size)
    draw = random.Random(seed)
    lengths = [0, 1, 7, 16, 64, 65, 512, 2000]
    before = [
        draw.choice(b"ab").to_bytes() * draw.choice(lengths[: draw.randint(1, 8)]) for _ in range(draw.randint(0, 400))
    ]
    others = [draw.choice([line, line, line + b"c", b"c" + line]) if draw.random() < 0.1 else line for line in before]
    others += [b"more"] * draw.choice([0, 0, 3])
    end = draw.choice([b"\n", b"\r\n"])
    left, right = b"\n".join(before) + draw.choice([b"", b"\n"]), end.join(others) + draw.choice([b"", b"\n"])
    found = compare_lines(Pieces(left), Pieces(right))
    seen = (found.before, found.after, found.differing, found.first[0] if found.first else None)
    expected = naive(left, right)
    assert seen == expected


def test_folders_are_told_by_their_files() -> None:
    sentence, detail = of_members({"a": "1", "b": "1", "c": "1"}, {"b": "2", "c": "1", "d": "1"})
    assert (sentence, detail) == ("3 of 4 files", ("- a", "± b", "+ d"))
    assert len(of_members({}, {str(number): "1" for number in range(1000)})[1]) == 41
    assert "is not on this machine" in of_members(None, {})[0]
