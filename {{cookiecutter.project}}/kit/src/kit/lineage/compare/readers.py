"""The formats of results as named values, read piece by piece."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from os import SEEK_END
from typing import Any, BinaryIO

from kit.formats.safetensors_file import pieces, tensors_in
from kit.lineage.compare.values import NUMERIC, Values

ROWS, PIECE = 1 << 16, 1 << 20  # read at a time: rows of a table, bytes of a tensor
JSON_BYTES = 256 << 20  # JSON is read whole, and takes some ten times as much memory


class TooLarge(Exception):
    """A file that can only be read whole, and is too large for that."""


def json_in(stream: BinaryIO) -> Any:
    """The document in a JSON file.

    Raises:
        TooLarge: it is larger than 256 MiB.
    """
    if stream.seek(0, SEEK_END) > JSON_BYTES:
        raise TooLarge(f"other bytes; JSON of more than {JSON_BYTES >> 20} MiB is not compared number by number")
    stream.seek(0)
    return json.load(stream)


def leaves(document: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a document that holds no further ones, with its dotted name."""
    if isinstance(document, dict | list) and document:
        items = document.items() if isinstance(document, dict) else enumerate(document)
        for name, value in items:
            yield from leaves(value, f"{at}.{name}" if at else str(name))
    else:
        yield at, document


def values_of(named: Mapping[str, Any]) -> Iterator[Values]:
    """Single values as arrays."""
    import numpy

    for name, value in named.items():
        array = numpy.asarray(value)
        yield Values(name, str(array.dtype), array.dtype.kind, array.shape, [array.reshape(-1)])


def of_json(stream: BinaryIO) -> Iterator[Values]:
    """Every value of a document."""
    return values_of(dict(leaves(json_in(stream))))


def of_tensors(stream: BinaryIO) -> Iterator[Values]:
    """The tensors of a safetensors file, by name."""
    import numpy

    names = {"BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "F16": "<f2", "U32": "<u4", "I32": "<i4",
             "F32": "<f4", "U64": "<u8", "I64": "<i8", "F64": "<f8", "C64": "<c8", "BF16": "<u2"}  # fmt: skip
    for tensor in sorted(tensors_in(stream), key=lambda tensor: tensor.name):
        dtype = numpy.dtype(names[tensor.dtype]) if tensor.dtype in names else None
        if dtype is None:
            raise ValueError(f"NumPy knows no {tensor.dtype}, the dtype of {tensor.name}")
        bfloat = tensor.dtype == "BF16"  # the upper half of a float32
        arrays = (numpy.frombuffer(data, dtype) for data in pieces(stream, tensor, PIECE))
        widened = ((array.astype("<u4") << 16).view("<f4") for array in arrays) if bfloat else arrays
        shown = "bfloat16" if bfloat else dtype.name
        yield Values(tensor.name, shown, "f" if bfloat else dtype.kind, tensor.shape, widened)


def of_parquet(stream: BinaryIO) -> Iterator[Values]:
    """The columns of a Parquet file."""
    import numpy
    from pyarrow import types
    from pyarrow.parquet import ParquetFile

    file = ParquetFile(stream)
    for field in file.schema_arrow:
        numeric = types.is_integer(field.type) or types.is_floating(field.type)
        kind = numpy.dtype(field.type.to_pandas_dtype()).kind if numeric else "O"
        batches = file.iter_batches(ROWS, columns=[field.name])
        columns = (batch.column(0) for batch in batches)
        arrays = (column.to_numpy(zero_copy_only=False) if numeric else column.to_pylist() for column in columns)
        yield Values(field.name, str(field.type), kind, (file.metadata.num_rows,), arrays)


def of_csv(stream: BinaryIO) -> Iterator[Values]:
    """The columns of a CSV file: first their dtypes and lengths in the whole file, then pieces of all of them."""
    import pandas

    stream.seek(0)
    rows, kinds = 0, dict[str, str]()
    with pandas.read_csv(stream, chunksize=ROWS) as reader:
        for chunk in reader:
            rows += len(chunk)
            found = {str(name): chunk[name].to_numpy().dtype.kind for name in chunk.columns}
            kinds = {name: _common(kinds.get(name, kind), kind) for name, kind in found.items()}
    dtypes = {name: "float64" if kind in NUMERIC else "bool" if kind == "b" else "str" for name, kind in kinds.items()}
    yield from (Values(name, WORDS[kind], kind, (rows,), ()) for name, kind in kinds.items())
    stream.seek(0)
    with pandas.read_csv(stream, chunksize=ROWS, dtype=dtypes) as reader:
        for number, chunk in enumerate(reader):
            first, last = number * ROWS + 1, number * ROWS + len(chunk)
            where = f" in rows {first} to {last}" if rows > ROWS else ""
            for name in chunk.columns:
                kind = kinds[str(name)]
                yield Values(f"{name}{where}", WORDS[kind], kind, (len(chunk),), [chunk[name].to_numpy()])


WORDS = {"i": "int64", "u": "uint64", "f": "float64", "b": "bool", "O": "str"}


def _common(left: str, right: str) -> str:
    """The kind of a column whose parts are of two kinds."""
    if left == right:
        return left
    return "f" if left in NUMERIC and right in NUMERIC else "O"


READERS: Mapping[str, Callable[[BinaryIO], Iterable[Values]]] = {
    ".json": of_json,
    ".safetensors": of_tensors,
    ".parquet": of_parquet,
    ".csv": of_csv,
}
