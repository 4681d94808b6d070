"""Start a module's process, wait for it, and leave none of its children running."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.confinement import children
from kit.execution.runtime import Runtime
from kit.execution.sandbox import Sandbox
from kit.execution.staging import Staging
from kit.execution.standalone import worker
from kit.project.module import Module
from kit.system.caches import downloads

THREADS = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
]
TAIL = 64 * 1024
# What a user sets to make numerical libraries take other kernels than this processor's best, which changes the last
# bits of results. They reach the module, as other variables do, and the record names those that are set.
KERNELS = (
    "ATEN_CPU_CAPABILITY",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
)
# Where the clients of hubs keep what they downloaded.
HUBS = {"HF_HOME": "huggingface", "TORCH_HOME": "torch"}


@dataclass(frozen=True)
class ProcessResult:
    """How a process ended: its exit code (negative: a signal), the end of its standard error, and its own report."""

    code: int
    errors: str
    report: Mapping[str, Any]


def variables_for(module: Module, temporary: Path) -> dict[str, str]:
    """The environment variables of a module's process: the caller's, without those that would
    change its Python, and with those that make the run repeatable."""
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
        "TMPDIR": str(temporary),
        **({name: str(downloads() / folder) for name, folder in HUBS.items()} if module.network else {}),
    }


def run_module(
    job: Mapping[str, Any], runtime: Runtime, sandbox: Sandbox, variables: Mapping[str, str], staging: Staging
) -> ProcessResult:
    """Run a job (see worker.main) to its end; its output is passed on as it comes."""
    report = staging.scratch / ".kit-report.json"
    job_file = staging.path / "job.json"
    job_file.write_text(json.dumps({**job, "report": str(report)}), encoding="utf-8")
    home = {"HOME": str(staging.scratch)} if sandbox.abi else {}  # the real one could not be read anyway
    process = children.start(
        [str(runtime.python), worker.__file__, str(job_file)],
        rules_file=_written_rules(sandbox, staging),
        network=sandbox.network,
        cwd=staging.scratch,
        env={**variables, **home},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        process_group=0 if os.name == "posix" else None,
    )
    errors = bytearray()
    reader = threading.Thread(target=_pass_on, args=(process, errors), daemon=True)
    reader.start()
    try:
        process.wait()
    finally:
        _end(process)
        reader.join(timeout=5)
    return ProcessResult(process.returncode, errors.decode(errors="replace"), _report_in(report))


def _written_rules(sandbox: Sandbox, staging: Staging) -> str:
    """The file of the sandbox's rules."""
    rules = staging.path / "rules"
    rules.write_bytes(b"".join(os.fsencode(f"{right} {path}") + b"\0" for right, path in sandbox.rules))
    return str(rules)


def _pass_on(process: "subprocess.Popen[bytes]", kept: bytearray) -> None:
    """Pass standard error on as it comes, and keep its end."""
    assert process.stderr
    while chunk := os.read(process.stderr.fileno(), 65536):
        with suppress(OSError):  # the reader is gone; the module must not wait for it
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()
        kept += chunk
        del kept[:-TAIL]


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process and everything that it started."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _report_in(path: Path) -> dict[str, Any]:
    """The worker's report; empty if it was killed before it could write one."""
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report
