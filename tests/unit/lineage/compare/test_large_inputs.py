"""No input of a comparison or a replay is held in memory as a whole."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from lab import Lab
from safetensors.numpy import save_file

from kit.dvc.artifact import Artifact
from kit.lineage import History, why
from kit.lineage.compare.clean_clone import place_input
from kit.lineage.compare.verdict import Content, Tolerance, compare
from kit.lineage.staleness.checker import StalenessChecker

ROW = b"1234567,0.123456789,abcdefghijk\n"
SIZE = 16 << 20
LIMIT = 8 << 20


def peak_memory(act: Callable[[], object]) -> int:
    """Bytes that Python's allocator holds at the most while something is done."""
    act()  # what is loaded once does not count
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def large(lab: Lab) -> Lab:
    """A raw file of 16 MiB in two versions, which differ in one row."""
    for first in (ROW, ROW.replace(b"1", b"9")):
        lab.data("data/raw.csv", (first + ROW * (SIZE // len(ROW) - 1)).decode())
        lab.repro()
        lab.commit()
    return lab


def test_why_two_results_differ(large: Lab) -> None:
    assert peak_memory(lambda: why(History.of(large.root), "HEAD~1", "HEAD", large.root)) < LIMIT


def test_why_a_stage_would_run(large: Lab) -> None:
    large.write("data/raw.csv", ROW + (large.root / "data/raw.csv").read_bytes())
    assert peak_memory(lambda: StalenessChecker(History.of(large.root)).of("split")) < LIMIT


def large_weights(path: Path, last: float) -> Content:
    save_file({"w": numpy.array([1.0] * (SIZE // 8 - 1) + [last])}, path)
    return Content(str(last), None, lambda: path.open("rb"))


def test_two_large_results(tmp_path: Path) -> None:
    one, two = (large_weights(tmp_path / f"{last}.safetensors", last) for last in (1.0, 2.0))
    assert peak_memory(lambda: compare("w.safetensors", one, two, False, Tolerance())) < 2 * LIMIT


@pytest.mark.parametrize("rev", [None, "HEAD~1"])
def test_an_input_that_is_put_into_a_clone(rev: str | None, large: Lab, tmp_path: Path) -> None:
    history = History.of(large.root)
    revision = history.revision(rev)
    dep: Artifact = revision.lock["split"].inputs[0]
    assert peak_memory(lambda: place_input(history, revision, dep, tmp_path / "clone")) < LIMIT
    assert (tmp_path / "clone/data/raw.csv").stat().st_size == SIZE
