"""What tests of the kit do: edit a file, start a process, wait."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

from places import SOURCE


def replace(path: str | Path, old: str, new: str) -> None:
    """Replace text that must be there."""
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def module_does(code: str) -> None:
    """Put lines before what the small project's module does."""
    replace("modules/doubler/run.py", "    header, *rows", indent(code, "    ") + "\n    header, *rows")


def start_kit(*arguments: str, before: Path | None = None) -> "subprocess.Popen[str]":
    """Start the command line in a process of its own, with a folder put before the kit on its path."""
    path = os.pathsep.join(str(folder) for folder in (before, SOURCE / "kit/src") if folder)
    return subprocess.Popen(
        [sys.executable, "-m", "kit", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(happened: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
