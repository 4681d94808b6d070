"""How much two results agree, from identical bytes to different."""

import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import zip_longest
from typing import Any

from kit.formats.flat import equal
from kit.git.files import Files
from kit.project.settings import pyproject


class Agreement(IntEnum):
    """How much two results agree, best first."""

    IDENTICAL_BYTES = 0
    IDENTICAL_TENSORS = 1
    WITHIN_TOLERANCE = 2
    METRIC_WITHIN_TOLERANCE = 3
    DIFFERENT = 4
    UNKNOWN = 5

    @property
    def words(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Tolerance:
    """|a - b| <= absolute + relative * |b| for numbers in results; |a - b| <= metric for those in metrics."""

    relative: float = 1e-5
    absolute: float = 1e-8
    metric: float = 0.01


@dataclass(frozen=True)
class Verdict:
    """How much one result agrees on both sides, and by how much it differs, as text."""

    path: str
    level: Agreement
    detail: str = ""


@dataclass(frozen=True)
class Content:
    """One side of a result: its MD5, its tensor digest if recorded, and its bytes if they are on this machine.

    `files` gives those of a folder by their path in it; None if it is not a folder, or its listing is missing.
    """

    md5: str
    tensor_digest: str | None
    read: Callable[[], bytes | None]
    files: Callable[[], "Mapping[str, Content] | None"] = lambda: None


def tolerance_of(files: Files) -> Tolerance:
    """[tool.kit.tolerance] in pyproject.toml; missing values are the defaults of the class."""
    said = pyproject(files, "tool", "kit", "tolerance")
    known = ("relative", "absolute", "metric")
    return Tolerance(**{name: float(said[name]) for name in known if isinstance(said.get(name), int | float)})


def compare(path: str, left: Content, right: Content, is_metric: bool, tolerance: Tolerance) -> Verdict:
    """The verdict on one result of two runs."""
    if left.md5 == right.md5:
        return Verdict(path, Agreement.IDENTICAL_BYTES)
    if left.tensor_digest and left.tensor_digest == right.tensor_digest:
        return Verdict(path, Agreement.IDENTICAL_TENSORS, "saved differently")
    one, two = left.files(), right.files()
    if one is not None and two is not None:
        return _folders(path, one, two, tolerance)
    before, after = left.read(), right.read()
    if before is None or after is None:
        return Verdict(path, Agreement.UNKNOWN, "the bytes of one side are not on this machine")
    try:
        if is_metric:
            return _metrics(path, json.loads(before), json.loads(after), tolerance)
        if path.endswith(".json"):
            return _numbers(path, _leaves(json.loads(before)), _leaves(json.loads(after)), tolerance)
        if path.endswith(".safetensors"):
            return _numbers(path, _tensors(before), _tensors(after), tolerance)
        if path.endswith((".parquet", ".csv")):
            return _numbers(path, _table(path, before), _table(path, after), tolerance)
    except Exception as error:  # a damaged or odd file is different, and says why
        return Verdict(path, Agreement.DIFFERENT, f"cannot be compared: {' '.join(str(error).split())[:120]}")
    return Verdict(path, Agreement.DIFFERENT, "other bytes")


def _folders(path: str, left: Mapping[str, Content], right: Mapping[str, Content], tolerance: Tolerance) -> Verdict:
    """The verdict on the file that differs most, with its name."""
    alone = sorted(set(left) ^ set(right))
    if alone:
        return Verdict(path, Agreement.DIFFERENT, f"{alone[0]} is on one side only")
    verdicts = [compare(name, left[name], right[name], is_metric=False, tolerance=tolerance) for name in sorted(left)]
    known = [verdict for verdict in verdicts if verdict.level != Agreement.UNKNOWN]
    worst = max(known, key=lambda verdict: verdict.level, default=None)
    if worst is None or (len(known) < len(verdicts) and worst.level != Agreement.DIFFERENT):
        return Verdict(path, Agreement.UNKNOWN, "the bytes of one side are not on this machine")
    return Verdict(path, worst.level, f"{worst.path}: {worst.detail or worst.level.words}")


def overall(verdicts: Iterable[Verdict], metrics: frozenset[str]) -> Agreement:
    """The verdict on all results together: the worst of them, unless every metric is within tolerance."""
    found = list(verdicts)
    worst = max((verdict.level for verdict in found), default=Agreement.IDENTICAL_BYTES)
    if worst <= Agreement.WITHIN_TOLERANCE:
        return worst
    judged = [verdict.level for verdict in found if verdict.path in metrics]
    if judged and max(judged) <= Agreement.METRIC_WITHIN_TOLERANCE:
        return Agreement.METRIC_WITHIN_TOLERANCE
    return Agreement.DIFFERENT if any(verdict.level == Agreement.DIFFERENT for verdict in found) else worst


def _metrics(path: str, left: Any, right: Any, tolerance: Tolerance) -> Verdict:
    before, after = dict(_leaves(left)), dict(_leaves(right))
    verdict = _numbers(path, before.items(), after.items(), tolerance)
    if verdict.level <= Agreement.WITHIN_TOLERANCE:
        return verdict
    values = {name: (before.get(name), after.get(name)) for name in {*before, *after}}
    numbers = {name: pair for name, pair in values.items() if not any(isinstance(value, str) for value in pair)}
    off = {name: _distance(*pair) for name, pair in numbers.items()}
    worst = max(off, key=lambda name: off[name], default="")
    moved = f"{worst}: {values[worst][0]} → {values[worst][1]}" if worst else ""
    within = bool(off) and off[worst] <= tolerance.metric
    return Verdict(path, Agreement.METRIC_WITHIN_TOLERANCE if within else Agreement.DIFFERENT, moved)


def _distance(left: Any, right: Any) -> float:
    """Between two numbers; anything else is equal or infinitely far."""
    if equal(left, right):
        return 0.0
    both = (left, right)
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in both):
        return math.inf
    return abs(left - right) if math.isfinite(left - right) else math.inf


def _distances(before: Any, after: Any, tolerance: Tolerance) -> tuple[Any, bool]:
    """The differences of two arrays, element by element, and whether all are within the tolerance.

    NaN equals NaN; infinity equals itself, and is infinitely far from everything else.
    """
    import numpy

    same = (before == after) | (numpy.isnan(before) & numpy.isnan(after))
    with numpy.errstate(invalid="ignore", over="ignore"):
        off = numpy.nan_to_num(numpy.where(same, 0.0, numpy.abs(before - after)), nan=math.inf, posinf=math.inf)
    near = same | (numpy.isfinite(off) & (off <= tolerance.absolute + tolerance.relative * numpy.abs(after)))
    return off, bool(near.all())


def _leaves(document: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict | list) and document:
        items = document.items() if isinstance(document, dict) else enumerate(document)
        for name, value in items:
            yield from _leaves(value, f"{at}.{name}" if at else str(name))
    else:
        yield at, document


def _tensors(data: bytes) -> Iterator[tuple[str, Any]]:
    from safetensors.numpy import load

    yield from sorted(load(data).items())


def _table(path: str, data: bytes) -> Iterator[tuple[str, Any]]:
    import pandas

    read = pandas.read_parquet if path.endswith(".parquet") else pandas.read_csv
    table = read(io.BytesIO(data))
    yield from ((str(name), table[name].to_numpy()) for name in table.columns)


def _numbers(
    path: str, left: Iterable[tuple[str, Any]], right: Iterable[tuple[str, Any]], tolerance: Tolerance
) -> Verdict:
    """Compare named values one by one: numbers and arrays within the tolerance, everything else for equality."""
    import numpy

    furthest: tuple[float, str] = (0.0, "")
    for pair in zip_longest(left, right):
        if None in pair or pair[0][0] != pair[1][0]:
            return Verdict(
                path, Agreement.DIFFERENT, f"other names: {' and '.join(str(side and side[0]) for side in pair)}"
            )
        name, before, after = pair[0][0], numpy.asarray(pair[0][1]), numpy.asarray(pair[1][1])
        if before.shape != after.shape or before.dtype.kind != after.dtype.kind:
            return Verdict(
                path, Agreement.DIFFERENT, f"{name}: {before.dtype}{before.shape} → {after.dtype}{after.shape}"
            )
        if before.dtype.kind in "iuf":
            off, near = _distances(before.astype("f8"), after.astype("f8"), tolerance)
            furthest = max(furthest, (float(off.max(initial=0.0)), name))
            if not near:
                return Verdict(path, Agreement.DIFFERENT, f"{name}: differs by up to {off.max():.3g}")
        elif not equal(before.tolist(), after.tolist()):
            return Verdict(path, Agreement.DIFFERENT, f"{name} differs")
    return Verdict(
        path, Agreement.WITHIN_TOLERANCE, f"by up to {furthest[0]:.3g} in {furthest[1]}" if furthest[1] else ""
    )
