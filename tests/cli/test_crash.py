"""However a run ends, the last good outputs stay, none is half-written, and the next run recovers."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from acts import module_does, replace, start_kit
from outputs import ARTIFACTS, KIT, assert_of_one_run, assert_recovers, state
from places import SOURCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts and signals are Linux's")

Kit = Callable[..., tuple[int, str, str]]


def test_killed_at_ten_random_moments(good: Path, kit: Kit) -> None:
    whole = time.monotonic()
    start_kit("run", "double").communicate()
    whole = time.monotonic() - whole
    moments = random.Random(0)
    for _ in range(10):
        running = start_kit("run", "double")
        time.sleep(moments.uniform(0, whole))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert_of_one_run()
    assert_recovers(kit)


@pytest.mark.parametrize("renames", range(1, 8))
def test_killed_between_two_moves_the_next_run_finishes_them(
    renames: int, good: Path, tmp_path: Path, kit: Kit
) -> None:
    """Four files are moved; the old one steps aside first. Whatever was moved when it was killed, one run is whole."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sitecustomize.py").write_text(
        "import os, shutil, pathlib, kit.execution.staging as s\nleft = [" + str(renames) + "]\n"
        "def counted(real):\n"
        "    def move(*a):\n"
        "        if left[0] == 0:\n            os.kill(os.getpid(), 9)\n"
        "        left[0] -= 1\n        return real(*a)\n"
        "    return move\n"
        "s._place, s.shutil.move = counted(s._place), counted(s.shutil.move)\n"
    )
    running = start_kit("run", "double", before=tmp_path / "bin")
    running.communicate()
    assert running.returncode == -signal.SIGKILL
    replace("modules/doubler/run.py", "def run", "raise SystemExit(7)\n\n\ndef run")
    assert "failed with exit code 7" in kit("run", "double")[2]
    assert assert_of_one_run() == 3


def test_outputs_that_were_checked_out_since_a_killed_run_stay(good: Path, tmp_path: Path, kit: Kit) -> None:
    """A journal is for the outputs that it was written for."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sitecustomize.py").write_text(
        "import os, kit.execution.staging as s\nreal = s._place\n"
        "def move(*a):\n    real(*a)\n    os.kill(os.getpid(), 9)\n"
        "s._place = move\n"
    )
    shutil.copytree(ARTIFACTS, "checked-out")
    start_kit("run", "double", before=tmp_path / "bin").communicate()
    shutil.rmtree(ARTIFACTS)
    shutil.copytree("checked-out", ARTIFACTS)
    replace("modules/doubler/run.py", "def run", "raise SystemExit(7)\n\n\ndef run")
    assert kit("run", "double")[0] == 1
    assert assert_of_one_run() == 2


DEATHS = {
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "was killed by SIGSEGV; a compiled package crashed"),
    "an abort": ("import os; os.abort()", "was killed by SIGABRT; a compiled package crashed"),
    "a signal": ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "was killed by SIGTERM"),
    "an exit": ("import os; os._exit(9)", "failed with exit code 9"),
    "memory that a limit refuses": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29)); bytearray(1 << 30)",
        "ran out of memory (peak: ",
    ),
}


@pytest.mark.parametrize(("code", "message"), DEATHS.values(), ids=DEATHS)
def test_a_module_that_dies_is_told_in_one_line(code: str, message: str, good: Path, kit: Kit) -> None:
    before = state()
    module_does("outputs['doubled'].write_text('x\\n'); " + code)
    code_, _, errors = kit("run", "double")
    assert code_ == 1
    assert errors.splitlines()[-1].startswith(f"kit: modules/doubler: {message}")
    assert state() == before
    replace("modules/doubler/run.py", code, "pass")
    assert_recovers(kit)


def test_a_segmentation_fault_shows_where(good: Path, kit: Kit) -> None:
    module_does("import ctypes; ctypes.string_at(0)")
    assert 'modules/doubler/run.py", line 2 in run' in kit("run", "double")[2]


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A control group of 300 MB; its processes are put in through the file that it gives."""
    for controller in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
        group = controller / f"kit-test-{os.getpid()}"
        try:
            group.mkdir()
            limit = next(group / name for name in ("memory.limit_in_bytes", "memory.max") if (group / name).exists())
            limit.write_text(str(300 << 20))
        except (OSError, StopIteration):
            if group.is_dir():
                group.rmdir()
            continue
        yield group / "cgroup.procs"
        group.rmdir()
        return
    pytest.skip("no memory can be limited here")


def test_a_module_that_eats_its_memory_is_told_so(good: Path, small_memory: Path, kit: Kit) -> None:
    before = state()
    module_does("held = [bytearray(b'x') * (50 << 20) for _ in range(20)]")
    shell = f"echo $$ > {small_memory} && exec {KIT} run double"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    done = subprocess.run(["sh", "-c", shell], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stderr == (
        "kit: modules/doubler: ran out of memory and was killed by the system; take a larger machine or smaller"
        " batches\n"
    )
    assert state() == before
    replace("modules/doubler/run.py", "range(20)", "range(1)")
    assert_recovers(kit)


def test_a_worker_process_that_eats_the_memory_is_told_so(good: Path, small_memory: Path) -> None:
    module_does(
        "import concurrent.futures, multiprocessing\n"
        "pool = concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context('fork'))\n"
        "pool.submit(eval, '[bytearray(b\"x\") * (50 << 20) for _ in range(20)]').result()"
    )
    shell = f"echo $$ > {small_memory} && exec {KIT} run double"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    done = subprocess.run(["sh", "-c", shell], env=environment, capture_output=True, text=True, check=False)
    assert "BrokenProcessPool" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        "kit: modules/doubler: ran out of memory and was killed by the system"
    )
