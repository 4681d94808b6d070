"""Explain in one line why a module's process failed."""

import re
import signal
from pathlib import Path

from kit.confinement import landlock
from kit.execution.process import ProcessResult
from kit.execution.standalone import worker
from kit.formats.filesize import decimal
from kit.project.module import Module

MORE_MEMORY = "take a larger machine or smaller batches"
# How torch's data loader, joblib and concurrent.futures report that a worker process was killed.
KILLED = re.compile(r"\bkilled\b|SIGKILL|BrokenProcessPool|TerminatedWorkerError", re.IGNORECASE)
CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}


def failure(module: Module, result: ProcessResult, memory_ran_out: bool) -> str | None:
    """What its exit code means; None if it succeeded. Negative codes are signals.

    `memory_ran_out`: whether the system has killed a process for lack of memory meanwhile: this one or a child of it.
    """
    if result.code == 0:
        return None
    if result.code == worker.NO_RUN:
        return f"{module.label}/run.py: has no function run(inputs, outputs, params)"
    if result.code == landlock.CANNOT_CONFINE:
        return f"{module.label}: could not be isolated; KIT_ISOLATION=off runs it unconfined, and run.json says so"
    if memory_ran_out and (result.code == -signal.SIGKILL or KILLED.search(result.errors)):
        return f"{module.label}: ran out of memory and was killed by the system; {MORE_MEMORY}"
    if result.code < 0:
        crash = "; a compiled package crashed, see the trace above" if -result.code in CRASHES else ""
        return f"{module.label}: was killed by {signal.Signals(-result.code).name}{crash}"
    if result.report.get("error") == "MemoryError":
        peak = decimal(result.report.get("peak_memory_bytes") or 0)
        return f"{module.label}: ran out of memory (peak: {peak}); {MORE_MEMORY}"
    why = " for lack of disk space" if "No space left on device" in result.errors else ""
    return f"{module.label}: failed with exit code {result.code}{why}; see its messages above"


def out_of_memory_kills() -> int:
    """How often the system has killed a process for lack of memory since it started (Linux; 0 elsewhere)."""
    try:
        counters = Path("/proc/vmstat").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in counters.splitlines() if line.startswith("oom_kill ")), 0)
