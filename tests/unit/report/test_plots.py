"""Plots are drawn from the rows that have a place."""

import pytest

from kit.report.plots import Series, _lines, _points

SERIES = Series("a", "plot.csv", "x", "y")


@pytest.mark.parametrize("odd", ["inf", "-inf", "nan", "", "word"])
def test_a_value_without_a_place_is_not_drawn(odd: str) -> None:
    rows = [{"x": "0", "y": "1"}, {"x": "1", "y": odd}, {"x": odd, "y": "1"}, {"x": "2", "y": "3"}]
    assert _points(SERIES, rows) == [(0, 1), (2, 3)]
    drawn = _lines({SERIES: rows})
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_a_plot_without_any_number_says_so() -> None:
    assert _lines({SERIES: [{"x": "nan", "y": "1"}]}) == "<p>no numbers in these columns</p>"
