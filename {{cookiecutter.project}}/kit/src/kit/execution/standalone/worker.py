"""Runs inside a module's environment, with nothing but the standard library: import run.py, call run(...), report.

It also runs on old versions of Python, which a module may ask for.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

RAISED = 1
NO_RUN = 65
KEPT = 20
WRITES = os.O_WRONLY | os.O_RDWR


def main(job_file: str) -> int:
    """Run the job in a JSON file: module (folder), inputs and outputs (port to path), params, report (where to put it).

    The report contains what only this process can know; it is written however the module ends, unless it is killed.
    """
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    faulthandler.enable()
    report: dict[str, Any] = {"connections": [], "writes": []}
    sys.addaudithook(lambda event, values: note(report, event, values))
    sys.path[:] = [job["module"], *other_folders(sys.path)]
    try:
        run = getattr(importlib.import_module("run"), "run", None)
        if not callable(run):
            return NO_RUN
        started = time.monotonic()
        run(
            {port: Path(path) for port, path in job["inputs"].items()},
            {port: Path(path) for port, path in job["outputs"].items()},
            job["params"],
        )
        report["run_s"] = round(time.monotonic() - started, 3)
    except Exception as error:
        report["error"] = type(error).__name__
        traceback.print_exception(type(error), error, own_frames(error.__traceback__))
        print_captured(error)
        return RAISED
    finally:
        report.update(peak_memory_bytes=peak_memory(), torch=about_torch())
        Path(job["report"]).write_text(json.dumps(report), encoding="utf-8")
    return 0


def other_folders(path: list[str]) -> list[str]:
    """Where modules are imported from, less this script's own folder: Python puts it first, and before 3.11 nothing
    (PYTHONSAFEPATH) tells it not to."""
    own = os.path.realpath(os.path.dirname(__file__))
    return [folder for folder in path if not folder or os.path.realpath(folder) != own]


def own_frames(trace: TracebackType | None) -> TracebackType | None:
    """A traceback from where the module's code begins; all of it if none of it is the module's."""
    while trace is not None and trace.tb_frame.f_globals.get("__name__") in (__name__, "importlib"):
        trace = trace.tb_next
    while trace is not None and "importlib._bootstrap" in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    return trace


def print_captured(error: BaseException | None) -> None:
    """What a failed command printed, if the module captured its output."""
    while error is not None:
        if isinstance(error, subprocess.CalledProcessError) and error.stderr:
            text = error.stderr if isinstance(error.stderr, str) else error.stderr.decode(errors="replace")
            print(text.rstrip(), file=sys.stderr)
        error = error.__cause__ or error.__context__


def note(report: dict[str, Any], event: str, values: tuple[Any, ...]) -> None:
    """Record the last addresses (host:port) and files that Python code tried to open, to explain a denial."""
    if event == "open" and isinstance(values[0], str) and isinstance(values[2], int) and values[2] & WRITES:
        report["writes"] = [*report["writes"][-KEPT:], os.path.abspath(values[0])]
    elif event in ("socket.connect", "socket.bind") and isinstance(values[1], tuple):
        report["connections"] = [*report["connections"][-KEPT:], f"{values[1][0]}:{values[1][1]}"]


def peak_memory() -> int | None:
    """The most memory this process held at once, in bytes (Linux)."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), None)


def about_torch() -> dict[str, Any] | None:
    """Versions, devices and determinism flags of torch, as the module left them; None if it did not import torch."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "get_num_threads"):
        return None
    try:
        return facts_of(torch)
    except Exception as error:  # a version of torch with another interface must not fail a finished run
        return {"version": str(getattr(torch, "__version__", "?")), "unknown": f"{type(error).__name__}: {error}"}


def facts_of(torch: Any) -> dict[str, Any]:
    used = torch.cuda.is_initialized()
    devices = range(torch.cuda.device_count()) if used else ()
    return {
        "version": torch.__version__,
        "cuda": torch.version.cuda if used else None,
        "cudnn": torch.backends.cudnn.version() if used else None,
        "devices": [torch.cuda.get_device_name(index) for index in devices] or ["cpu"],
        "peak_device_memory_bytes": [torch.cuda.max_memory_allocated(index) for index in devices],
        "default_dtype": str(torch.get_default_dtype()).replace("torch.", ""),
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "matmul_precision": torch.get_float32_matmul_precision(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
