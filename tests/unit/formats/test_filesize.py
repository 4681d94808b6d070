"""Sizes for people."""

import pytest
from rich.filesize import decimal as decimal_of_rich

from kit.formats.filesize import decimal

SIZES = [0, 1, 2, 999, 1000, 1049, 1051, 999_949, 999_999, 1_000_000, 123_456_789, 10**12, 5 * 10**18]


@pytest.mark.parametrize("size", SIZES)
def test_a_size_is_told_in_powers_of_1000(size: int) -> None:
    assert decimal(size) == decimal_of_rich(size)
