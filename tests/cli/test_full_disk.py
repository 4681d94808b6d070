"""Disks that are full or read-only, mounted for one run: what was there before stays, and the next run recovers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import module_does, replace
from outputs import ARTIFACTS, KIT, assert_of_one_run, assert_recovers, state
from places import SOURCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts are Linux's")

Kit = Callable[..., tuple[int, str, str]]


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
        "kit: modules/doubler: failed with exit code 1 for lack of disk space; see its messages above"
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
