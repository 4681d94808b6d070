"""How alike two results are."""

import io
import json
from typing import Any

import numpy
import pandas
import pytest
from safetensors.numpy import save

from kit.dvc.hashing import md5_of_bytes
from kit.lineage import Agreement, Verdict
from kit.lineage.compare import readers
from kit.lineage.compare.verdict import Content, Tolerance, compare, overall

W = numpy.linspace(-1, 1, 12, dtype="float32").reshape(3, 4)


def table(**columns: Any) -> bytes:
    data = io.BytesIO()
    pandas.DataFrame(columns).to_parquet(data)
    return data.getvalue()


def verdict(path: str, left: bytes, right: bytes, metric: bool = False) -> Verdict:
    one, two = (Content(md5_of_bytes(data), None, lambda data=data: io.BytesIO(data)) for data in (left, right))
    return compare(path, one, two, metric, Tolerance())


CASES = {
    "the same": ("x.bin", b"1", b"1", Agreement.IDENTICAL_BYTES),
    "other bytes of no known format": ("x.bin", b"1", b"2", Agreement.DIFFERENT),
    "last bits of weights": (
        "x.safetensors",
        save({"w": W}),
        save({"w": W * numpy.float32(1.000001)}),
        Agreement.WITHIN_TOLERANCE,
    ),
    "other weights": ("x.safetensors", save({"w": W}), save({"w": W + 1}), Agreement.DIFFERENT),
    "another shape": ("x.safetensors", save({"w": W}), save({"w": W.T.copy()}), Agreement.DIFFERENT),
    "another type": ("x.safetensors", save({"w": W}), save({"w": W.astype("float64")}), Agreement.WITHIN_TOLERANCE),
    "another name": ("x.safetensors", save({"w": W}), save({"v": W}), Agreement.DIFFERENT),
    "one tensor more": ("x.safetensors", save({"w": W}), save({"w": W, "z": W}), Agreement.DIFFERENT),
    "last bits of a table": (
        "x.parquet",
        table(a=[1.0], b=["s"]),
        table(a=[1.0 + 1e-9], b=["s"]),
        Agreement.WITHIN_TOLERANCE,
    ),
    "another word in a table": ("x.parquet", table(a=["s"]), table(a=["t"]), Agreement.DIFFERENT),
    "one row more": ("x.parquet", table(a=[1]), table(a=[1, 2]), Agreement.DIFFERENT),
    "csv written differently": ("x.csv", b"a,b\n1,2\n", b"a,b\n1.0,2\n", Agreement.DIFFERENT),
    "csv with an end": ("x.csv", b"a,b\n1,2", b"a,b\n1,2\n", Agreement.WITHIN_TOLERANCE),
    "json in another order of digits": ("x.json", b'{"a": 1.0}', b'{"a":1.000000001}', Agreement.WITHIN_TOLERANCE),
    "json with another word": ("x.json", b'{"a": "x"}', b'{"a": "y"}', Agreement.DIFFERENT),
    "no json": ("x.json", b"{", b"[", Agreement.DIFFERENT),
    "damaged weights": ("x.safetensors", save({"w": W}), save({"w": W})[:-5], Agreement.DIFFERENT),
}


NAN, INF = float("nan"), float("inf")
ODD = {
    "infinite on both sides": ([1.0, INF, -INF], [1.0, INF, -INF], True),
    "infinite on both sides, and the last bits of a number": ([1.0, INF], [1.0 + 1e-9, INF], True),
    "infinite on one side": ([1.0, 2.0], [1.0, INF], False),
    "infinite on the other side": ([1.0, -INF], [1.0, 2.0], False),
    "infinite both ways": ([INF], [-INF], False),
    "no number on both sides": ([NAN, 1.0], [NAN, 1.0 + 1e-9], True),
    "no number on one side": ([NAN], [1.0], False),
    "no number on the other side": ([1.0], [NAN], False),
    "no number and infinite": ([NAN], [INF], False),
    "further apart than a number can say": ([1.7e308], [-1.7e308], False),
}


def written(path: str, values: list[float]) -> bytes:
    """The values, in bytes that differ each time, so that they are read."""
    if path.endswith(".csv"):
        return ("v\n" + "".join(f"{value}\n" for value in values)).encode()
    if path.endswith(".json"):
        return json.dumps([{"v": value} for value in values]).encode()
    if path.endswith(".parquet"):
        return table(v=values)
    return save({"v": numpy.array(values, dtype="float64")})


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("path", ["plot.csv", "plot.json", "x.parquet", "w.safetensors"])
@pytest.mark.parametrize(("left", "right", "alike"), ODD.values(), ids=ODD)
def test_numbers_without_a_place_are_compared_without_a_warning(
    path: str, left: list[float], right: list[float], alike: bool
) -> None:
    one, two = (Content(md5, None, lambda v=v: io.BytesIO(written(path, v))) for md5, v in (("a", left), ("b", right)))
    found = compare(path, one, two, False, Tolerance())
    assert found.level == (Agreement.WITHIN_TOLERANCE if alike else Agreement.DIFFERENT)
    assert "nan" not in found.detail


@pytest.mark.filterwarnings("error")
def test_a_float16_beyond_its_range_is_compared_without_a_warning() -> None:
    one, two = (save({"w": numpy.array([value], dtype="float16")}) for value in (60000, -60000))
    assert verdict("w.safetensors", one, two).detail == "w: differs by up to 1.2e+05"


@pytest.mark.parametrize(("path", "left", "right", "level"), CASES.values(), ids=CASES)
def test_a_pair_of_files(path: str, left: bytes, right: bytes, level: Agreement) -> None:
    assert verdict(path, left, right).level == level


@pytest.mark.parametrize(("path", "left", "right", "level"), CASES.values(), ids=CASES)
def test_a_pair_of_files_that_is_read_in_small_pieces(
    path: str, left: bytes, right: bytes, level: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "ROWS", 1)
    monkeypatch.setattr(readers, "PIECE", 8)
    assert verdict(path, left, right).level == level


ROWS_OF_SEVERAL_KINDS = {
    "whole numbers, then not": (
        b"a\n1\n2.5\n",
        b"a\n1.0\n2.5\n",
        Agreement.WITHIN_TOLERANCE,
        "by up to 0 in a in rows",
    ),
    "numbers, then a word": (b"a\n1\nx\n", b"a\n1\ny\n", Agreement.DIFFERENT, "a in rows 2 to 2 differs"),
    "numbers, then a gap": (b"a,b\n1,1\n,1\n", b"a,b\n1,1\n2,1\n", Agreement.DIFFERENT, "a: float64(2,) → int64(2,)"),
    "a row more": (b"a\n1\n2\n", b"a\n1\n2\n3\n", Agreement.DIFFERENT, "a: int64(2,) → int64(3,)"),
    "a later row": (b"a\n1.0\n2.0\n", b"a\n1.0\n2.5\n", Agreement.DIFFERENT, "a in rows 2 to 2: differs by up to 0.5"),
}


@pytest.mark.parametrize(
    ("left", "right", "level", "detail"), ROWS_OF_SEVERAL_KINDS.values(), ids=ROWS_OF_SEVERAL_KINDS
)
def test_a_csv_has_the_dtypes_of_the_whole_file(
    left: bytes, right: bytes, level: Agreement, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "ROWS", 1)
    found = verdict("x.csv", left, right)
    assert (found.level, found.detail[: len(detail)]) == (level, detail)


def test_json_too_large_to_be_read_whole_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "JSON_BYTES", 10)
    found = verdict("x.json", b'{"a": 1.0}', b'{"a": 1.000000001}')
    assert found.level == Agreement.UNKNOWN
    assert "not compared number by number" in found.detail


def bfloat16(*values: float) -> bytes:
    """A safetensors file; NumPy cannot write this dtype."""
    data = (numpy.array(values, "<f4").view("<u4") >> 16).astype("<u2").tobytes()
    entry = {"dtype": "BF16", "shape": [len(values)], "data_offsets": [0, len(data)]}
    header = json.dumps({"w": entry}).encode()
    return len(header).to_bytes(8, "little") + header + data


def test_bfloat16_is_compared_as_numbers() -> None:
    found = verdict("w.safetensors", bfloat16(1.0, 2.0), bfloat16(1.0, 2.5))
    assert found.detail == "w: differs by up to 0.5"


METRICS = {
    "near": ({"acc": 0.938}, {"acc": 0.941}, Agreement.METRIC_WITHIN_TOLERANCE),
    "far": ({"acc": 0.938}, {"acc": 0.9}, Agreement.DIFFERENT),
    "one of two far": ({"a": {"x": 1.0, "y": 1.0}}, {"a": {"x": 1.001, "y": 2.0}}, Agreement.DIFFERENT),
    "words do not count": ({"acc": 0.5, "why": "a"}, {"acc": 0.505, "why": "b"}, Agreement.METRIC_WITHIN_TOLERANCE),
    "a decision counts": ({"acc": 0.5, "accepted": True}, {"acc": 0.5, "accepted": False}, Agreement.DIFFERENT),
    "one is gone": ({"acc": 0.5, "f1": 0.5}, {"acc": 0.5}, Agreement.DIFFERENT),
    "not a number": ({"acc": float("nan")}, {"acc": 0.5}, Agreement.DIFFERENT),
    "not a number on both sides": ({"a": 0.5, "b": NAN}, {"a": 0.505, "b": NAN}, Agreement.METRIC_WITHIN_TOLERANCE),
    "infinite on both sides": ({"a": 0.5, "b": INF}, {"a": 0.505, "b": INF}, Agreement.METRIC_WITHIN_TOLERANCE),
    "infinite": ({"acc": INF}, {"acc": 0.5}, Agreement.DIFFERENT),
    "infinite both ways": ({"acc": INF}, {"acc": -INF}, Agreement.DIFFERENT),
}


@pytest.mark.parametrize(("left", "right", "level"), METRICS.values(), ids=METRICS)
def test_a_pair_of_metrics(left: Any, right: Any, level: Agreement) -> None:
    assert verdict("metrics.json", json.dumps(left).encode(), json.dumps(right).encode(), metric=True).level == level


def test_a_far_metric_says_how_far() -> None:
    found = verdict("m.json", b'{"a": {"acc": 0.9}, "n": 1}', b'{"a": {"acc": 0.8}, "n": 1}', metric=True)
    assert found.detail == "a.acc: 0.9 → 0.8"


def test_equal_tensors_in_other_bytes() -> None:
    one, two = (Content(md5, "d" * 64, lambda: None) for md5 in ("a", "b"))
    assert compare("x.safetensors", one, two, False, Tolerance()).level == Agreement.IDENTICAL_TENSORS


def test_bytes_that_are_not_here_are_unknown() -> None:
    one, two = (Content(md5, None, lambda: None) for md5 in ("a", "b"))
    assert compare("x.csv", one, two, False, Tolerance()).level == Agreement.UNKNOWN


SAME, NEAR, FAR = Agreement.IDENTICAL_BYTES, Agreement.METRIC_WITHIN_TOLERANCE, Agreement.DIFFERENT
TOGETHER = [
    ([("w", SAME), ("m", SAME)], SAME),
    ([("w", Agreement.IDENTICAL_TENSORS), ("m", SAME)], Agreement.IDENTICAL_TENSORS),
    ([("w", Agreement.WITHIN_TOLERANCE), ("m", SAME)], Agreement.WITHIN_TOLERANCE),
    ([("w", FAR), ("m", SAME)], NEAR),
    ([("w", FAR), ("m", NEAR)], NEAR),
    ([("w", FAR), ("m", FAR)], FAR),
    ([("w", Agreement.UNKNOWN), ("m", NEAR)], NEAR),
    ([("w", Agreement.UNKNOWN), ("x", SAME)], Agreement.UNKNOWN),
    ([("w", Agreement.UNKNOWN), ("x", FAR)], FAR),
    ([], SAME),
]


@pytest.mark.parametrize(("verdicts", "level"), TOGETHER)
def test_all_results_together(verdicts: list[tuple[str, Agreement]], level: Agreement) -> None:
    assert overall([Verdict(path, found) for path, found in verdicts], frozenset({"m"})) == level


def folder(**files: bytes | None) -> Content:
    """A folder; None for a file whose bytes are not here."""
    members = {
        name: Content(md5_of_bytes(data or b"?"), None, lambda data=data: None if data is None else io.BytesIO(data))
        for name, data in files.items()
    }
    return Content(md5_of_bytes(repr(files).encode()) + ".dir", None, lambda: None, lambda: members)


LIKE = save({"w": W * numpy.float32(1.000001)})
FOLDERS = {
    "last bits of one file": (
        folder(a=b"1", **{"w.safetensors": save({"w": W})}),
        folder(a=b"1", **{"w.safetensors": LIKE}),
        Agreement.WITHIN_TOLERANCE,
        "w.safetensors: ",
    ),
    "another file": (folder(a=b"1", b=b"1"), folder(a=b"1", b=b"2"), Agreement.DIFFERENT, "b: other bytes"),
    "a file more": (folder(a=b"1"), folder(a=b"1", b=b"2"), Agreement.DIFFERENT, "b is on one side only"),
    "a file that is not here": (folder(a=None), folder(a=b"2"), Agreement.UNKNOWN, "not on this machine"),
    "one known to differ, one not here": (
        folder(a=None, b=b"1"),
        folder(a=b"2", b=b"2"),
        Agreement.DIFFERENT,
        "b: other bytes",
    ),
}


@pytest.mark.parametrize(("left", "right", "level", "detail"), FOLDERS.values(), ids=FOLDERS)
def test_a_pair_of_folders(left: Content, right: Content, level: Agreement, detail: str) -> None:
    found = compare("model", left, right, False, Tolerance())
    assert found.level == level
    assert detail in found.detail
