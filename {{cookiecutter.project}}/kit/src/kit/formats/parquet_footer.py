"""Read and set the key-value metadata in a Parquet file's footer; the data is neither read nor copied.

A file ends in its footer, the footer's length (4 bytes, little-endian) and "PAR1". The footer is the struct
FileMetaData in Thrift's compact protocol (github.com/apache/parquet-format, parquet.thrift; github.com/apache/thrift,
thrift-compact-protocol.md). Field 5, after field 4, is a list of structs KeyValue.
"""

import os
from pathlib import Path

BINARY, LIST, SET, MAP, STRUCT = 8, 9, 10, 11, 12
FIXED = {1: 0, 2: 0, 3: 1, 7: 8, 13: 16}
VARINTS = (4, 5, 6)
ROW_GROUPS, KEY_VALUES = 4, 5
Entries = list[tuple[bytes, bytes]]


class Reader:
    """A position in Thrift's compact protocol.

    What leads behind the end of the data, or is of no known type, is an IndexError.
    """

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data, self.position = data, position

    def advance(self, size: int) -> bytes:
        """The next bytes, if there are so many."""
        if size > len(self.data) - self.position:
            raise IndexError
        self.position += size
        return self.data[self.position - size : self.position]

    def byte(self) -> int:
        return self.advance(1)[0]

    def varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:  # no number of the format is longer
                raise IndexError

    def binary(self) -> bytes:
        return self.advance(self.varint())

    def size(self, size: int) -> int:
        """The size of a list or map, each of whose items takes a byte at least."""
        if size > len(self.data) - self.position:
            raise IndexError
        return size

    def field(self, last: int) -> tuple[int, int]:
        """The id and type of the next field of a struct; (0, 0) at its end."""
        header = self.byte()
        if header == 0:
            return 0, 0
        if header >> 4:
            return last + (header >> 4), header & 15
        zigzag = self.varint()
        return (zigzag >> 1) ^ -(zigzag & 1), header & 15

    def items(self) -> tuple[int, int]:
        """The size and the type of the items of the list that follows."""
        header = self.byte()
        return self.size(self.varint() if header >> 4 == 15 else header >> 4), header & 15

    def skip(self, kind: int, in_list: bool = False) -> None:
        if kind in (LIST, SET):
            size, item = self.items()
            for _ in range(size):
                self.skip(item, in_list=True)
        elif kind == STRUCT:
            last = 0
            while (field := self.field(last)) != (0, 0):
                last = field[0]
                self.skip(field[1])
        elif kind == MAP:
            size = self.size(self.varint())
            kinds = self.byte() if size else 0
            for _ in range(size):
                self.skip(kinds >> 4, in_list=True)
                self.skip(kinds & 15, in_list=True)
        elif kind == BINARY:
            self.binary()
        elif kind in FIXED:
            self.advance(1 if in_list and kind < 3 else FIXED[kind])
        elif kind in VARINTS:
            self.varint()
        else:
            raise IndexError


def read_metadata(path: Path) -> dict[str, str]:
    """The key-value metadata of a Parquet file.

    Raises:
        ValueError: it is not a Parquet file, or its footer is encrypted.
    """
    entries = _key_values(_footer(path)[0], path)[1]
    return {key.decode(errors="replace"): value.decode(errors="replace") for key, value in entries}


def set_metadata(path: Path, key: str, value: str) -> None:
    """Set one entry of a Parquet file's metadata, in place.

    Raises:
        ValueError: it is not a Parquet file, or its footer is encrypted.
    """
    footer, start = _footer(path)
    (begin, end), entries = _key_values(footer, path)
    entries = [entry for entry in entries if entry[0] != key.encode()] + [(key.encode(), value.encode())]
    before, after = footer[:begin], footer[end:]
    if begin == end:  # there was no list yet: it goes between field 4 and the next, which then comes one step later
        before += bytes([1 << 4 | LIST])
        after = bytes([after[0] - 16 if after[0] >> 4 else after[0]]) + after[1:]
    fresh = before + _encoded(entries) + after
    with path.open("r+b") as file:
        file.seek(start)
        file.write(fresh + len(fresh).to_bytes(4, "little") + b"PAR1")
        file.truncate()


def _footer(path: Path) -> tuple[bytes, int]:
    """The footer and its position."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 8, 0))
        length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
        if magic != b"PAR1" or length > size - 12:
            raise ValueError(f"{path.name} is not a Parquet file with a plain footer")
        file.seek(size - 8 - length)
        return file.read(length), size - 8 - length


def _key_values(footer: bytes, path: Path) -> tuple[tuple[int, int], Entries]:
    """Begin and end of the list of metadata (equal if there is none: where it would be), and its entries."""
    try:
        return _located(Reader(footer))
    except (IndexError, RecursionError):
        raise ValueError(f"{path.name} is not a Parquet file: its footer is incomplete or damaged") from None


def _located(reader: Reader) -> tuple[tuple[int, int], Entries]:
    last, place, before = 0, 0, 0
    while (field := reader.field(last)) != (0, 0):
        last, kind = field
        if last == KEY_VALUES:
            begin = reader.position
            size, item = reader.items()
            if kind != LIST or (size and item != STRUCT):
                raise IndexError
            entries = [_entry(reader) for _ in range(size)]
            return (begin, reader.position), entries
        reader.skip(kind)
        if last < KEY_VALUES:
            place, before = reader.position, last
    if before != ROW_GROUPS:  # which every file has, and after which the list is written
        raise IndexError
    return (place, place), []


def _entry(reader: Reader) -> tuple[bytes, bytes]:
    """A struct KeyValue: 1 key, 2 value (which may be missing)."""
    found, last = {1: b"", 2: b""}, 0
    while (field := reader.field(last)) != (0, 0):
        last, kind = field
        if kind != BINARY or last not in found:
            raise IndexError
        found[last] = reader.binary()
    return found[1], found[2]


def _encoded(entries: Entries) -> bytes:
    size = len(entries)
    header = bytes([size << 4 | STRUCT]) if size < 15 else bytes([15 << 4 | STRUCT]) + _varint(size)
    parts = (b"\x18" + _varint(len(k)) + k + b"\x18" + _varint(len(v)) + v + b"\0" for k, v in entries)
    return header + b"".join(parts)


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])
