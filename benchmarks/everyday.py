"""What people wait for all day, in the project that `make demo` made: a new module, and tests of what changed."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stopwatch import ROOT, report, seconds

PROJECT = ROOT / "build/my-project"


def main() -> None:
    if not (PROJECT / "dvc.lock").is_file():
        raise SystemExit("run `make demo` first")
    variables = {**os.environ, "PATH": f"{PROJECT}/.venv/bin{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch, "project")
        shutil.copytree(PROJECT, project, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
        tools = {"cwd": project, "env": variables, "stderr": subprocess.DEVNULL}
        python = seconds([sys.executable, "-c", "pass"], **tools)
        report(
            "kit test --changed, nothing changed",
            seconds(["kit", "test", "--changed", "HEAD"], **tools),
            "python",
            python,
        )
        git = seconds(["git", "status", "--porcelain"], **tools)
        report("kit check", seconds(["kit", "check"], **tools), "git status", git)

        def start_anew() -> None:
            subprocess.run(["git", "stash", "--include-untracked", "--quiet"], check=False, **tools)

        green = (
            "kit new filter keep_some --after split:support && kit check && kit test keep_some && dvc repro keep_some"
        )
        bare = seconds(["dvc", "repro", "split"], **tools)
        whole = seconds(["sh", "-ec", green], before=start_anew, runs=3, **tools)
        report("kit new to green: made, checked, tested, run", whole, "dvc repro with nothing to do", bare)


if __name__ == "__main__":
    main()
