"""Two texts compared line by line, in pieces, so that they may be larger than memory."""

import codecs
import hashlib
from dataclasses import dataclass
from typing import BinaryIO

CHUNK, BLOCK = 1 << 20, 1 << 14
LINE = 1 << 16  # bytes of a line that are kept to be shown; the rest is compared by its hash


@dataclass(frozen=True)
class LineComparison:
    """Lines on both sides, how many of the pairs differ, and the first of these: its number from 1, and its bytes.

    Ends of lines do not count. Of a long line the first bytes are kept.
    """

    before: int
    after: int
    differing: int
    first: tuple[int, bytes, bytes] | None


def is_text(stream: BinaryIO) -> bool:
    """Whether a stream is UTF-8 text without NUL; it is read to its end, and put back to its beginning."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(CHUNK):
            decoder.decode(chunk)
            if b"\0" in chunk:
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        stream.seek(0)
    return True


def compare_lines(left: BinaryIO, right: BinaryIO) -> LineComparison:
    """Compare the lines of two texts by their numbers."""
    one, two = _Lines(left), _Lines(right)
    both = differing = 0
    first = None
    while one.more() and two.more():
        same = _equal_lines(one, two)
        if same:
            both += one.skip(same)
            two.skip(same)
            continue
        for _ in range(100):
            if not (one.more() and two.more()):
                break
            both += 1
            a, b = one.line(), two.line()
            if a != b:
                differing += 1
                first = first or (both, a[0], b[0])
    return LineComparison(both + one.rest(), both + two.rest(), differing, first)


def _equal_lines(one: "_Lines", two: "_Lines") -> int:
    """How many bytes of whole lines are the same on both sides, as far as they were read; 0 where there are few."""
    size = 0
    while (block := one.ahead(size)) and block == two.ahead(size):
        size += len(block)
    return one.whole_lines(size)


class _Lines:
    """A stream's lines; a part of it is held."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0

    def more(self) -> bool:
        """Whether there is a further line; afterwards a whole line is held, or as much of it as is ever held."""
        if len(self._data) - self._at < CHUNK and (chunk := self._stream.read(CHUNK)):
            self._data, self._at = self._data[self._at :] + chunk, 0
        return self._at < len(self._data)

    def ahead(self, distance: int) -> bytes:
        """The block at some distance; empty where it is not wholly held."""
        start = self._at + distance
        block = self._data[start : start + BLOCK]
        return block if len(block) == BLOCK else b""

    def whole_lines(self, size: int) -> int:
        """The bytes of the lines that end within the next bytes."""
        return max(0, self._data.rfind(b"\n", self._at, self._at + size) + 1 - self._at)

    def skip(self, size: int) -> int:
        """Go on; returns how many lines end on the way."""
        self._at += size
        return self._data.count(b"\n", self._at - size, self._at)

    def line(self) -> tuple[bytes, bytes]:
        """The beginning of the next line without its end, and the hash of the whole where that is longer."""
        end = self._data.find(b"\n", self._at)
        if end < 0:  # the last line, or a long one
            end = len(self._data)
        text = self._data[self._at : end].removesuffix(b"\r")
        if len(text) > LINE:
            return text[:LINE], self._hash_of_line()
        self._at = end + 1
        return text, b""

    def _hash_of_line(self) -> bytes:
        digest, end, held = hashlib.sha256(), -1, b""
        while end < 0 and self.more():
            end = self._data.find(b"\n", self._at)
            piece = held + self._data[self._at : end if end >= 0 else None]
            text = piece.removesuffix(b"\r")  # which may be half of an end
            digest.update(text)
            held = piece[len(text) :]
            self._at = end + 1 if end >= 0 else len(self._data)
        return digest.digest()

    def rest(self) -> int:
        """How many lines are left; they are read."""
        count, last = 0, b"\n"
        while self.more():
            count += self._data.count(b"\n", self._at)
            last = self._data[-1:]
            self._at = len(self._data)
        return count + (last != b"\n")
