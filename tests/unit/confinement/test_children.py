"""Processes that are started end with the process that wanted them, and not with the thread."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from acts import wait_for
from house import imports_of
from places import SOURCE

from kit.confinement import children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a parent's death does is Linux's")

PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
STARTS_CAT = """
import subprocess, sys, threading
from kit.confinement import children
def start():
    cat = children.start(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    cat.stdin.write(b"begun\\n")
    cat.stdout.readline()
    print(cat.pid, flush=True)
    return cat
"""


def says_back(cat: "subprocess.Popen[bytes]", text: bytes) -> bytes:
    """What `cat` answers; nothing where it has ended."""
    assert cat.stdin
    assert cat.stdout
    try:
        cat.stdin.write(text)
    except BrokenPipeError:
        return b""
    return bytes(cat.stdout.readline())


def test_a_child_outlives_the_thread_that_asked_for_it() -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        cat = children.start(["/bin/cat"], **PIPES, bufsize=0)
        assert says_back(cat, b"begun\n") == b"begun\n"
        started.append(cat)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    wait_for(lambda: not Path(f"/proc/self/task/{thread.native_id}").exists())
    with started[0] as cat:
        try:
            assert says_back(cat, b"alive\n") == b"alive\n"
        finally:
            cat.kill()


def runs(pid: str) -> bool:
    assert pid
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("where", ["start()", "threading.Thread(target=start).start()"])
def test_a_child_does_not_outlive_a_process_that_is_killed(where: str) -> None:
    code = f"{STARTS_CAT}\n{where}\nimport time; time.sleep(600)"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        pid = process.stdout.readline().strip()
        ran = runs(pid)
        process.send_signal(signal.SIGKILL)
    assert ran
    wait_for(lambda: not runs(pid))


def test_a_fork_of_this_process_starts_its_own() -> None:
    """A fork takes along one thread alone."""
    code = f"{STARTS_CAT}\nimport os\nstart()\nif os.fork() == 0:\n    start().kill()\n    os._exit(0)\nos.wait()"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert len(done.stdout.split()) == 2


def test_a_command_that_does_not_exist_is_told_to_who_asked() -> None:
    with pytest.raises(OSError, match="nowhere"):
        children.start(["/bin/cat"], cwd="/nowhere")


def test_whatever_ends_with_this_process_is_started_in_one_place() -> None:
    """Who called the launcher from a thread of its own would bring the mistake back."""
    source = SOURCE / "kit/src/kit"
    users = {one.file for one in imports_of() if one.target == "kit.confinement.landlock"}
    calling = {file for file in users if "launcher(" in (source.parent / file).read_text()}
    assert calling == {"kit/confinement/children.py"}
