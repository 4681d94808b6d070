"""Parquet footers of random tables, and footers with random damage; pyarrow is the judge."""

import datetime
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kit.formats.parquet_footer import read_metadata, set_metadata

MOMENT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
VALUES: dict[pa.DataType, Any] = {
    pa.int8(): lambda draw: draw.randint(-128, 127),
    pa.int64(): lambda draw: draw.randint(-(1 << 62), 1 << 62),
    pa.uint16(): lambda draw: draw.randint(0, 65535),
    pa.float32(): lambda draw: float(draw.randint(-9, 9)),
    pa.float64(): lambda draw: draw.random(),
    pa.bool_(): lambda draw: draw.random() < 0.5,
    pa.string(): lambda draw: draw.choice(["", "a", "ä" * draw.randint(0, 300)]),
    pa.binary(): lambda draw: draw.randbytes(draw.randint(0, 50)),
    pa.date32(): lambda draw: MOMENT.date(),
    pa.timestamp("us", "UTC"): lambda draw: MOMENT,
    pa.list_(pa.int64()): lambda draw: [1] * draw.randint(0, 3),
    pa.struct([("x", pa.int64()), ("y", pa.list_(pa.string()))]): lambda draw: {"x": 1, "y": ["a"]},
    pa.map_(pa.string(), pa.int32()): lambda draw: [("a", 1)],
    pa.dictionary(pa.int32(), pa.string()): lambda draw: draw.choice(["a", "b"]),
}


def random_text(draw: random.Random) -> str:
    return draw.choice(["", "k", "kéy", "x" * draw.randint(1, 20_000), "\0", f"key{draw.randrange(1000)}"])


def random_table(draw: random.Random) -> pa.Table:
    rows = draw.choice([0, 1, 7, 100])
    columns = {}
    for number in range(draw.choice([1, 2, 5, 40])):
        dtype, value = draw.choice(list(VALUES.items()))
        columns[f"c{number}"] = pa.array([None if draw.random() < 0.1 else value(draw) for _ in range(rows)], dtype)
    size = draw.choice([0, 0, 1, 13, 14, 15, 16, 200])
    metadata = {random_text(draw): random_text(draw)[:500] for _ in range(size)}
    return pa.table(columns).replace_schema_metadata(metadata or None)


def write(draw: random.Random, path: Path) -> None:
    pq.write_table(
        random_table(draw),
        path,
        row_group_size=draw.choice([1, 10, 1000]),
        compression=draw.choice(["none", "snappy", "gzip", "zstd", "lz4"]),
        use_dictionary=draw.random() < 0.5,
        write_statistics=draw.random() < 0.5,
        write_page_index=draw.random() < 0.3,
        store_schema=draw.random() < 0.5,
        version=draw.choice(["1.0", "2.4", "2.6"]),
        data_page_version=draw.choice(["1.0", "2.0"]),
    )


def described(path: Path) -> dict[str, Any]:
    """All that the footer says, but the metadata and its own size."""
    return {key: value for key, value in pq.read_metadata(path).to_dict().items() if key != "serialized_size"}


@pytest.mark.parametrize("seed", range(12))
def test_pyarrow_reads_the_same_table_and_exactly_the_metadata(seed: int, tmp_path: Path) -> None:
    draw, path = random.Random(seed), tmp_path / "x.parquet"
    for _ in range(8):
        write(draw, path)
        table, footer = pq.read_table(path), described(path)
        expected = dict(pq.read_metadata(path).metadata or {})
        for _ in range(draw.randint(1, 4)):
            known = [name.decode() for name in expected if name != b"ARROW:schema"]
            key, value = draw.choice([random_text(draw), "space_id", *known]), random_text(draw)
            set_metadata(path, key, value)
            expected[key.encode()] = value.encode()
        assert dict(pq.read_metadata(path).metadata) == expected
        assert {key.encode(): value.encode() for key, value in read_metadata(path).items()} == expected
        assert pq.read_table(path).equals(table)
        assert described(path) == footer


def damaged(draw: random.Random, data: bytes) -> bytes:
    """The file with changes to its footer: bytes, a piece cut out or repeated, a length that lies."""
    length = int.from_bytes(data[-8:-4], "little")
    start = len(data) - 8 - length
    footer = bytearray(data[start:-8])
    for _ in range(draw.choice([1, 1, 2, 10])):
        at, size = draw.randrange(len(footer)), draw.randint(1, 20)
        act = draw.randrange(4)
        if act == 0:
            footer[at] = draw.randrange(256)
        elif act == 1 and len(footer) > size:
            del footer[at : at + size]
        elif act == 2:
            footer[at:at] = draw.choice([b"\xff" * size, b"\x1c" * size, b"\xfc" * size, draw.randbytes(size)])
        else:
            length += draw.randint(-20, 20)
            continue
        length = len(footer)
        if not footer:
            break
    return data[:start] + bytes(footer) + max(length, 0).to_bytes(4, "little") + b"PAR1"


@pytest.mark.parametrize("seed", range(8))
def test_random_damage_is_a_value_error_and_changes_nothing(seed: int, tmp_path: Path) -> None:
    draw, path = random.Random(seed), tmp_path / "x.parquet"
    pq.write_table(pa.table({"x": [1, 2], "y": [["a"], None]}).replace_schema_metadata({"a": "b" * seed}), path)
    whole = path.read_bytes()
    for _ in range(150):
        data = damaged(draw, whole)
        path.write_bytes(data)
        try:
            set_metadata(path, "space_id", "new")
        except ValueError:
            assert path.read_bytes() == data
        else:
            assert read_metadata(path)["space_id"] == "new"


LISTS = {
    "a list as long as no file": b"\x19\xf1\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    "a map as long as no file": b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x11",
    "lists in lists without end": b"\x19" + b"\x19" * 100_000,
    "structs in structs without end": b"\x1c" * 100_000,
    "a number without end": b"\x15" + b"\xff" * 100_000,
    "a text longer than the file": b"\x18\xff\xff\xff\xff\x7f",
    "an unknown type": b"\x1f\x00",
    "metadata that are no texts": b"\x15\x02\x19\x0c\x16\x00\x19\x0c\x19\x1c\x15\x02\x15\x02\x00\x00",
    "no row groups before the metadata": b"\x15\x02\x00",
}


@pytest.mark.parametrize("footer", LISTS.values(), ids=LISTS)
def test_a_footer_made_to_hang_or_crash_is_refused(footer: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="footer"):
        set_metadata(path, "space_id", "new")
    assert path.read_bytes() == before
