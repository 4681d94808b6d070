"""Parquet metadata, set in the footer alone; pyarrow is the judge."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kit.formats.parquet_footer import read_metadata, set_metadata

FRAME = pd.DataFrame({
    "number": np.arange(1000.0),
    "text": [str(i) for i in range(1000)],
    "truth": [True, False] * 500,
    "list": [[1, 2]] * 1000,
})  # fmt: skip
TABLE = pa.Table.from_pandas(FRAME)
BARE = TABLE.replace_schema_metadata(None)
EMPTY = pa.table({"x": pa.array([], pa.int64())})

FILES = {
    "as pandas writes it": (TABLE, {}),
    "many row groups": (TABLE, {"row_group_size": 10}),
    "page index": (TABLE, {"write_page_index": True, "compression": "zstd"}),
    "sorted": (TABLE, {"sorting_columns": [pq.SortingColumn(0)]}),
    "no metadata": (BARE, {"store_schema": False}),
    "forty entries": (TABLE.replace_schema_metadata({str(i): "v" * i * 10 for i in range(40)}), {}),
    "fourteen entries": (BARE.replace_schema_metadata({str(i): "v" for i in range(14)}), {"store_schema": False}),
    "no rows": (EMPTY, {"store_schema": False}),
    "old version": (TABLE, {"version": "1.0", "data_page_version": "1.0"}),
}


@pytest.mark.parametrize(("table", "options"), FILES.values(), ids=FILES)
def test_an_entry_is_set_and_everything_else_stays(table: pa.Table, options: dict, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(table, path, **options)
    before, rows, data = pq.read_metadata(path).metadata or {}, pq.read_table(path), path.read_bytes()
    for value in ("a" * 64, "b" * 64):
        set_metadata(path, "space_id", value)
    assert pq.read_metadata(path).metadata == {**before, b"space_id": b"b" * 64}
    assert pq.read_table(path).equals(rows)
    assert pq.ParquetFile(path).metadata.created_by == pq.ParquetFile(pa.BufferReader(data)).metadata.created_by
    assert read_metadata(path)["space_id"] == "b" * 64


def test_setting_it_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    FRAME.to_parquet(path)
    set_metadata(path, "space_id", "a" * 64)
    once = path.read_bytes()
    set_metadata(path, "space_id", "a" * 64)
    assert path.read_bytes() == once


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 100 + b"\xff\xff\xff\x7fPAR1", b"PAR1\x15\x04\x02\0\0\0PAR1"])
def test_what_is_no_parquet_file_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(ValueError, match=r"not a Parquet file|incomplete"):
        set_metadata(tmp_path / "x.parquet", "a", "b")
    assert (tmp_path / "x.parquet").read_bytes() == content
