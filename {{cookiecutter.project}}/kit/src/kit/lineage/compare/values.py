"""Named values of two results, compared piece by piece: an array may be larger than memory."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kit.formats.flat import equal

NUMERIC = "iuf"


@dataclass(frozen=True)
class Values:
    """A named array of a result; `kind` is NumPy's letter for its dtype. The pieces are its elements in order."""

    name: str
    dtype: str
    kind: str
    shape: tuple[int, ...]
    pieces: Iterable[Any]

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC


def distance(left: Values, right: Values, relative: float, absolute: float) -> tuple[float, bool]:
    """The largest |a - b|, and whether all are at most absolute + relative * |b|; of equal kinds and shapes.

    Values that are not numbers are near only if they are equal.
    """
    furthest, near = 0.0, True
    for before, after in _aligned(left.pieces, right.pieces):
        if left.is_numeric:
            off, close = _distances(before.astype("f8"), after.astype("f8"), relative, absolute)
            furthest, near = max(furthest, off), near and close
        elif not equal(list(before), list(after)):
            return furthest, False
    return furthest, near


def _aligned(left: Iterable[Any], right: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Pieces of both sides, cut so that those of a pair are of one length."""
    ones, twos = (filter(len, pieces) for pieces in (left, right))
    one, two = next(ones, None), next(twos, None)
    while one is not None and two is not None:
        size = min(len(one), len(two))
        yield one[:size], two[:size]
        one = one[size:] if len(one) > size else next(ones, None)
        two = two[size:] if len(two) > size else next(twos, None)


def _distances(before: Any, after: Any, relative: float, absolute: float) -> tuple[float, bool]:
    """How far apart two arrays are at the most, and whether all numbers are near.

    NaN equals NaN; infinity equals itself, and is infinitely far from everything else.
    """
    import numpy

    same = (before == after) | (numpy.isnan(before) & numpy.isnan(after))
    with numpy.errstate(invalid="ignore", over="ignore"):
        off = numpy.nan_to_num(numpy.where(same, 0.0, numpy.abs(before - after)), nan=math.inf, posinf=math.inf)
    near = same | (numpy.isfinite(off) & (off <= absolute + relative * numpy.abs(after)))
    return float(off.max(initial=0.0)), bool(near.all())
