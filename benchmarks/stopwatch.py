"""Time commands against each other."""

import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def seconds(command: list[str], before: Callable[[], object] = lambda: None, runs: int = 5, **options: object) -> float:
    """Median wall time of a command over several runs, after one that does not count; `before` is not timed."""
    times = []
    for _ in range(runs + 1):
        before()
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def report(what: str, measured: float, reference: str, reference_seconds: float) -> None:
    ratio = measured / reference_seconds
    print(f"{what}: {measured:.2f} s, {ratio:.1f} times {reference} ({reference_seconds:.2f} s)")


ROOT = Path(__file__).parents[1]
