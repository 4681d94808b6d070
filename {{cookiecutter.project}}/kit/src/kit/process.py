"""Start a module's process: which Python, which variables, how it ended."""

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import worker
from kit.environment import environment_for
from kit.errors import KitError
from kit.lock import read_lock
from kit.module import Module
from kit.staging import Staging

THREADS = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
]


@dataclass(frozen=True)
class Runtime:
    """The Python that a module runs in, and what the record says of it."""

    python: Path
    description: Mapping[str, Any]


def runtime_for(module: Module) -> Runtime:
    """The module's own environment; with KIT_ENV=host the interpreter that runs the kit.

    Raises:
        KitError: the lock is unsafe, the environment cannot be built, or KIT_ENV is neither host nor lock.
    """
    choice = os.environ.get("KIT_ENV", "lock")
    if choice == "host":
        return Runtime(Path(sys.executable), {"kind": "host", "python": platform.python_version()})
    if choice != "lock":
        raise KitError(f"KIT_ENV={choice}: must be lock (the default) or host")
    lock = read_lock(module.lock, f"{module.shown}/requirements.txt")
    environment = environment_for(lock, module.python)
    return Runtime(environment.python, {"kind": "lock", "digest": environment.key, "lock_sha256": lock.sha256})


def variables_for(module: Module, scratch: Path) -> dict[str, str]:
    """The environment variables of a module's process: the caller's, less what would change its Python, plus what
    makes it repeatable."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k != "VIRTUAL_ENV"}
    return {
        **kept,
        **dict.fromkeys(THREADS, str(module.cpus)),
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "TMPDIR": str(scratch),
    }


def run_module(
    module: Module,
    runtime: Runtime,
    inputs: Mapping[str, Path],
    outputs: Mapping[str, Path],
    params: Mapping[str, Any],
    staging: Staging,
) -> None:
    """Run a module to its end, its output streaming through.

    Raises:
        KitError: it raised, was killed, or has no run function.
    """
    if not (module.folder / "run.py").is_file():
        raise KitError(f"{module.shown}/run.py: is missing; it must define run(inputs, outputs, params)")
    job = {
        "module": str(module.folder),
        "inputs": {port: str(path) for port, path in inputs.items()},
        "outputs": {port: str(path) for port, path in outputs.items()},
        "params": params,
        "runner": os.getpid(),
    }
    job_file = staging.path / "job.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    process = subprocess.Popen(
        [runtime.python, worker.__file__, job_file],
        cwd=staging.scratch,
        env=variables_for(module, staging.scratch),
        stdin=subprocess.DEVNULL,
    )
    try:
        code = process.wait()
    finally:
        process.kill()
        process.wait()
    _raise_unless_done(module, code)


def _raise_unless_done(module: Module, code: int) -> None:
    """Say what an exit code means; negative ones are signals."""
    if code == worker.NO_RUN:
        raise KitError(f"{module.shown}/run.py: has no function run(inputs, outputs, params)")
    if code < 0:
        raise KitError(f"{module.shown}: was killed by {signal.Signals(-code).name}")
    if code:
        raise KitError(f"{module.shown}: failed with exit code {code}; its own messages stand above")
