"""Runs inside a module's environment, with nothing but the standard library: import run.py, call run(...)."""

import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from types import TracebackType

RAISED = 1
NO_RUN = 65


def main(job_file: str) -> int:
    """Run the job in a JSON file: module (folder), inputs and outputs (port to path), params, runner (process id)."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    die_with(job["runner"])
    sys.path.insert(0, job["module"])
    try:
        run = getattr(importlib.import_module("run"), "run", None)
        if not callable(run):
            return NO_RUN
        run(
            {port: Path(path) for port, path in job["inputs"].items()},
            {port: Path(path) for port, path in job["outputs"].items()},
            job["params"],
        )
    except Exception as error:
        traceback.print_exception(type(error), error, own_frames(error.__traceback__))
        return RAISED
    return 0


def own_frames(trace: TracebackType | None) -> TracebackType | None:
    """A traceback from where the module's code begins; the whole of it where none is the module's."""
    while trace is not None and trace.tb_frame.f_globals.get("__name__") in (__name__, "importlib"):
        trace = trace.tb_next
    while trace is not None and "importlib._bootstrap" in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    return trace


def die_with(runner: int) -> None:
    """Have the kernel end this process when its runner is killed, so that no orphan trains on (Linux)."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != runner:  # it was killed before the line above
            sys.exit(RAISED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
