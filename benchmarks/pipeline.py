"""How long the default pipeline takes, against the same of an earlier commit of this template, run by turns.

Usage: python benchmarks/pipeline.py COMMIT
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stopwatch import ROOT, report

RUNS = 5


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        earlier = Path(scratch) / "template"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(earlier)], check=True)
        subprocess.run(["git", "checkout", "--quiet", sys.argv[1]], cwd=earlier, check=True)
        projects = [generated(template, Path(scratch) / name) for template, name in ((earlier, "old"), (ROOT, "new"))]
        times: list[list[float]] = [[], []]
        for _ in range(RUNS):
            for project, taken in zip(projects, times, strict=True):
                taken.append(repro(project))
        before, now = map(statistics.median, times)
        report(f"dvc repro --force, median of {RUNS}", now, f"that of {sys.argv[1][:10]}", before)


def generated(template: Path, folder: Path) -> Path:
    """A project, its environments built."""
    command = ["cookiecutter", str(template), "--no-input", "--default-config", "--output-dir", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    repro(folder / "my-project")
    return folder / "my-project"


def repro(project: Path) -> float:
    path = f"{project}/.venv/bin{os.pathsep}{os.environ['PATH']}"
    started = time.perf_counter()
    command = ["dvc", "repro", "--force"]
    subprocess.run(command, cwd=project, env={**os.environ, "PATH": path}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
