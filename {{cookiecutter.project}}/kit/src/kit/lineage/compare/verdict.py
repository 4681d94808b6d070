"""How much two results agree, from identical bytes to different."""

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import IntEnum
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from kit.errors import one_line
from kit.formats.flat import equal
from kit.git.files import Files
from kit.lineage.compare.readers import READERS, TooLarge, json_in, leaves, values_of
from kit.lineage.compare.values import Values, distance
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
    """One side of a result: its MD5, its tensor digest if recorded, and its bytes as a stream if they are here.

    `files` gives those of a folder by their path in it; None if it is not a folder, or its listing is missing.
    """

    md5: str
    tensor_digest: str | None
    open: Callable[[], BinaryIO | None]
    files: Callable[[], "Mapping[str, Content] | None"] = lambda: None


def tolerance_of(files: Files) -> Tolerance:
    """[tool.kit.tolerance] in pyproject.toml; missing values are the defaults of the class."""
    settings = pyproject(files, "tool", "kit", "tolerance")
    known = ("relative", "absolute", "metric")
    return Tolerance(**{name: float(settings[name]) for name in known if isinstance(settings.get(name), int | float)})


def compare(path: str, left: Content, right: Content, is_metric: bool, tolerance: Tolerance) -> Verdict:
    """The verdict on one result of two runs."""
    if left.md5 == right.md5:
        return Verdict(path, Agreement.IDENTICAL_BYTES)
    if left.tensor_digest and left.tensor_digest == right.tensor_digest:
        return Verdict(path, Agreement.IDENTICAL_TENSORS, "saved differently")
    one, two = left.files(), right.files()
    if one is not None and two is not None:
        return _folders(path, one, two, tolerance)
    with ExitStack() as stack:
        before, after = (stream and stack.enter_context(stream) for stream in (left.open(), right.open()))
        if before is None or after is None:
            return Verdict(path, Agreement.UNKNOWN, "the bytes of one side are not on this machine")
        try:
            return _files(path, before, after, is_metric, tolerance)
        except TooLarge as error:
            return Verdict(path, Agreement.UNKNOWN, str(error))
        except Exception as error:  # a file that cannot be read is different, with the reason
            return Verdict(path, Agreement.DIFFERENT, f"cannot be compared: {one_line(error)[:120]}")


def _files(path: str, left: BinaryIO, right: BinaryIO, is_metric: bool, tolerance: Tolerance) -> Verdict:
    if is_metric:
        return _metrics(path, json_in(left), json_in(right), tolerance)
    read = READERS.get(PurePosixPath(path).suffix)
    return (
        _numbers(path, read(left), read(right), tolerance)
        if read
        else Verdict(path, Agreement.DIFFERENT, "other bytes")
    )


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
    before, after = dict(leaves(left)), dict(leaves(right))
    verdict = _numbers(path, values_of(before), values_of(after), tolerance)
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


def _numbers(path: str, left: Iterable[Values], right: Iterable[Values], tolerance: Tolerance) -> Verdict:
    """Compare named values one by one: numbers and arrays within the tolerance, everything else for equality."""
    furthest: tuple[float, str] = (0.0, "")
    for one, two in zip_longest(left, right):
        if one is None or two is None or one.name != two.name:
            names = " and ".join(str(side and side.name) for side in (one, two))
            return Verdict(path, Agreement.DIFFERENT, f"other names: {names}")
        if one.shape != two.shape or one.kind != two.kind:
            return Verdict(path, Agreement.DIFFERENT, f"{one.name}: {one.dtype}{one.shape} → {two.dtype}{two.shape}")
        off, near = distance(one, two, tolerance.relative, tolerance.absolute)
        if not near:
            how = f": differs by up to {off:.3g}" if one.is_numeric else " differs"
            return Verdict(path, Agreement.DIFFERENT, one.name + how)
        furthest = max(furthest, (off, one.name))
    detail = f"by up to {furthest[0]:.3g} in {furthest[1]}" if furthest[1] else ""
    return Verdict(path, Agreement.WITHIN_TOLERANCE, detail)
