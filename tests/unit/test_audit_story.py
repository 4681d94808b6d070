"""What docs/audit.md shows is compared without what another machine prints otherwise."""

import pytest
from audit_story import normal

LINE = "    lock 41d4d68e21b3, 15 packages, cpython-3.11.7-linux-x86_64; AMD EPYC, cpu, 1 thread, isolation landlock"


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("3.11.7", "3.11.2"),
        ("3.11.7", "3.12.10"),
        ("x86_64", "aarch64"),
        ("AMD EPYC", "Intel(R) Xeon(R) Platinum 8480+"),
        ("AMD EPYC, cpu", "unknown, NVIDIA H100 80GB HBM3"),
        ("41d4d68e21b3", "0000000021b3"),
    ],
)
def test_another_machine_makes_no_difference(here: str, there: str) -> None:
    assert normal(LINE.replace(here, there)) == normal(LINE)


@pytest.mark.parametrize(
    ("here", "there"), [("1 thread", "4 threads"), ("landlock", "none"), ("15 packages", "16 packages")]
)
def test_what_the_project_decides_does(here: str, there: str) -> None:
    assert normal(LINE.replace(here, there)) != normal(LINE)
