"""Settings as dotted names, short texts, and whether two values are the same."""

from typing import Any

import pytest

from kit.formats.flat import equal, flat, short_text

NAN, OTHER = float("nan"), float("nan") * 1

PAIRS: list[tuple[Any, Any, bool]] = [
    (1, 1.0, True),
    (1, 2, False),
    ("1", 1, False),
    (None, None, True),
    (NAN, OTHER, True),
    (NAN, 1.0, False),
    (1.0, NAN, False),
    (NAN, "nan", False),
    ([1, NAN], [1, OTHER], True),
    ([1, NAN], [1], False),
    ({"a": {"b": [NAN]}}, {"a": {"b": [OTHER]}}, True),
    ({"a": 1}, {"b": 1}, False),
    ({"a": 1}, [("a", 1)], False),
    (float("inf"), float("inf"), True),
    (float("inf"), -float("inf"), False),
]


@pytest.mark.parametrize(("left", "right", "same"), PAIRS)
def test_values_are_the_same(left: Any, right: Any, same: bool) -> None:
    assert equal(left, right) is same


def test_settings_are_flattened_to_dotted_names() -> None:
    assert dict(flat({"a": {"b": 1, "c": {"d": [1]}}, "e": {}, "f": None})) == {"a.b": 1, "a.c.d": [1], "f": None}


@pytest.mark.parametrize(
    ("value", "text"), [(None, "none"), ("x", "x"), ([1, 2], "[1, 2]"), ("x" * 130, "x" * 117 + "…")]
)
def test_a_value_is_shown_short(value: Any, text: str) -> None:
    assert short_text(value) == text
