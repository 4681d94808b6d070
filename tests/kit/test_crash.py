"""However a run ends, the last good outputs stay, none is half-written, and the next run recovers."""

import hashlib
import json
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
from places import SOURCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts and signals are Linux's")

Kit = Callable[..., tuple[int, str, str]]
ARTIFACTS = Path("artifacts/double")
RECORD = ARTIFACTS / "run.json"
KIT = f"{sys.executable} -m kit"
OUTPUTS = ["doubled.csv", "second.csv", "third.csv"]


@pytest.fixture
def good(project: Path, kit: Kit) -> Path:
    """A stage of three outputs that ran well with factor 2; with factor 3 it would run well again."""
    replace("dvc.yaml", "artifacts/double/doubled.csv", ", ".join(f"artifacts/double/{name}" for name in OUTPUTS))
    replace("modules/doubler/module.yaml", "doubled: numbers", "doubled: numbers, second: numbers, third: numbers")
    with open("modules/doubler/run.py", "a") as file:
        file.write("    for port in ('second', 'third'):\n")
        file.write("        outputs[port].write_text(outputs['doubled'].read_text())\n")
    assert kit("run", "double")[0] == 0
    replace("params.yaml", "2", "3")
    return project


def state() -> dict[str, str]:
    """The outputs and the record, as they lie there."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(ARTIFACTS.iterdir())}


def assert_of_one_run() -> int:
    """Every output is whole and the one that the record speaks of; returns that run's factor."""
    record = json.loads(RECORD.read_text())
    assert {path.name for path in ARTIFACTS.iterdir()} == {*OUTPUTS, "run.json"}
    for entry in record["outputs"].values():
        assert hashlib.sha256(Path(entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    return int(record["params"]["factor"])


def assert_recovers(kit: Kit) -> None:
    assert kit("run", "double")[0] == 0
    assert assert_of_one_run() == 3
    assert [path.name for path in Path(".kit/staging").iterdir()] == ["double.lock"]


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
        "import os, shutil, pathlib, kit.staging as s\nleft = [" + str(renames) + "]\n"
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


DEATHS = {
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "was killed by SIGSEGV; a compiled package crashed"),
    "an abort": ("import os; os.abort()", "was killed by SIGABRT; a compiled package crashed"),
    "a signal": ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "was killed by SIGTERM"),
    "an exit": ("import os; os._exit(9)", "failed with exit code 9"),
    "memory that a limit refuses": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29)); bytearray(1 << 30)",
        "ran out of memory (it held up to ",
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


def with_mount(mount: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the kit where a shell line has mounted something; the mount is gone afterwards."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mounts can be made here")
    shell = f"{mount} && exec {KIT} {' '.join(arguments)}"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    command = ["unshare", "-rm", "sh", "-c", shell]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


SMALL_DISK = "mount -t tmpfs -o size={size}k none .kit"


def test_a_disk_that_is_full_for_the_module(good: Path, kit: Kit) -> None:
    before = state()
    module_does("outputs['second'].write_bytes(b'x' * (1 << 20))")
    done = with_mount(SMALL_DISK.format(size=256), "run", "double")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "kit: modules/doubler: failed with exit code 1 for lack of disk space; its own messages stand above"
    )
    assert state() == before
    replace("modules/doubler/run.py", "1 << 20", "1")
    assert_recovers(kit)


@pytest.mark.parametrize("size", [4, 8, 16, 20, 24])
def test_a_disk_that_is_full_for_the_kit(size: int, good: Path, kit: Kit) -> None:
    before = state()
    done = with_mount(SMALL_DISK.format(size=size), "run", "double")
    if done.returncode:
        assert done.stderr.splitlines()[-1].startswith("kit: ")
        assert "bug" not in done.stderr
        assert state() == before
    else:
        assert assert_of_one_run() == 3
    assert_recovers(kit)


def test_outputs_may_lie_on_another_file_system(good: Path, kit: Kit, tmp_path: Path) -> None:
    done = with_mount("mount -t tmpfs none .kit", "run", "double")
    assert done.returncode == 0, done.stderr
    assert assert_of_one_run() == 3


def test_an_output_folder_that_is_read_only(good: Path, kit: Kit) -> None:
    before = state()
    done = with_mount("mount --bind artifacts artifacts && mount -o remount,ro,bind artifacts", "run", "double")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "artifacts/double/" in done.stderr
    assert "Read-only file system" in done.stderr
    assert state() == before
    assert_recovers(kit)


def test_a_full_disk_where_the_outputs_end(good: Path, kit: Kit) -> None:
    before = state()
    with open("modules/doubler/run.py", "a") as file:
        file.write("    outputs['third'].write_text('x\\n' + '1\\n' * 20000)\n")
    shutil.copytree(ARTIFACTS, "old")
    mount = "mount -t tmpfs -o size=24k none artifacts && cp -r old artifacts/double"
    done = with_mount(f"{mount} && {{ {KIT} run double; echo $?; sha256sum artifacts/double/*; }} 2>&1; false #")
    *_, error, code, one, two, three, four = done.stdout.splitlines()
    assert code == "1"
    assert error.startswith("kit: ")
    assert "No space left on device" in error
    assert [line.split()[0] for line in (one, two, three, four)] == list(before.values())
    assert_recovers(kit)
