"""Start processes that end when this one does, from any thread.

To the kernel, a child's parent is the thread that forked (PR_SET_PDEATHSIG in prctl(2)): the child would be killed
when that thread ends. So all children are started by one thread, which lives as long as this process.
"""

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from kit.confinement.landlock import launcher

_jobs: "SimpleQueue[Callable[[], None]] | None" = None
_guard = threading.Lock()


def start(
    command: Sequence[str], rules_file: str = os.devnull, network: bool = True, **options: Any
) -> "subprocess.Popen[Any]":
    """Start a command that ends with this process and, with rules, is confined (Linux).

    Its program is named by its path; `options` are those of Popen.

    Raises:
        OSError: it cannot be started.
    """
    started: Future[subprocess.Popen[Any]] = Future()
    whole = [*launcher(rules_file, network), *command]
    _starter().put(lambda: _start(started, whole, options))
    try:
        return started.result()
    except BaseException:  # interrupted: nothing else would end it
        started.add_done_callback(_kill)
        raise


def run(command: Sequence[str], cwd: Path | None, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end and capture what it prints; it is killed if waiting for it is interrupted."""
    pipe = subprocess.PIPE
    with start(command, cwd=cwd, env=env, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            output, errors = process.communicate()
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def _start(started: "Future[subprocess.Popen[Any]]", command: list[str], options: dict[str, Any]) -> None:
    try:
        started.set_result(subprocess.Popen(command, **options))
    except BaseException as error:
        started.set_exception(error)


def _kill(started: "Future[subprocess.Popen[Any]]") -> None:
    if started.exception() is None:
        started.result().kill()
        started.result().wait()


def _starter() -> "SimpleQueue[Callable[[], None]]":
    """The queue of work for the thread, which is started when it is first needed."""
    global _jobs
    with _guard:
        if _jobs is None:
            _jobs = SimpleQueue()
            threading.Thread(target=_serve, args=(_jobs,), name="kit-starter", daemon=True).start()
        return _jobs


def _serve(jobs: "SimpleQueue[Callable[[], None]]") -> None:
    while True:
        jobs.get()()


def _forget_starter() -> None:
    """Forget the thread in a forked process: only the thread that forked exists there."""
    global _jobs, _guard
    _jobs, _guard = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_starter)
