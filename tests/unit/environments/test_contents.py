"""Other times alone make no other environment; other bytes do, wherever they are."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.environments.environment import MANIFEST, Environment, write_manifest
from kit.environments.installed import broken_packages
from kit.environments.store import is_intact

from .small_environment import PACKAGES, RECORD, build_small


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return build_small(tmp_path)


def set_times(root: Path, time: Callable[[os.stat_result], int]) -> None:
    """Set the modification time, in nanoseconds, of every file and link."""
    for path in root.rglob("*"):
        found = path.lstat()
        os.utime(path, ns=(found.st_atime_ns, time(found)), follow_symlinks=False)


RESTORED: dict[str, Callable[[os.stat_result], int]] = {
    "in whole seconds": lambda found: found.st_mtime_ns // 10**9 * 10**9,
    "in steps of two seconds": lambda found: found.st_mtime_ns // (2 * 10**9) * 2 * 10**9,
    "as of now": lambda found: found.st_mtime_ns + 10**12,
    "as of the epoch": lambda found: 0,
}


@pytest.mark.parametrize("time", RESTORED.values(), ids=RESTORED)
def test_what_is_restored_with_other_times_is_intact(
    time: Callable[[os.stat_result], int], environment: Environment
) -> None:
    set_times(environment.path, time)
    assert is_intact(environment)


def test_the_new_times_are_noted_so_that_the_bytes_are_read_once(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_times(environment.path, RESTORED["as of now"])
    assert is_intact(environment)
    monkeypatch.setattr("kit.environments.store.has_contents", lambda *_: pytest.fail("the bytes were read again"))
    assert is_intact(environment)


def write(path: str, text: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        before = (root / path).stat() if (root / path).exists() else None
        (root / path).write_text(text)
        if before:
            assert (root / path).stat().st_size == before.st_size

    return change


def relink(root: Path) -> None:
    (root / "bin/python").unlink()
    (root / "bin/python").symlink_to("/bin/ls")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file of a wheel": write(f"{PACKAGES}/one/__init__.py", "ONE = 2\n"),
    "a script of a wheel": write("bin/tool", "#!/bin/hs\n"),
    "bytecode, which no wheel knows": write(f"{PACKAGES}/one/__pycache__/__init__.cpython-311.pyc", "COMPILED"),
    "a file of the environment itself": write("pyvenv.cfg", "home = /usr/lib\n"),
    "an added file": write(f"{PACKAGES}/added.pth", "import os\n"),
    "a file that is gone": lambda root: (root / f"{PACKAGES}/one/__init__.py").unlink(),
    "bytecode that is gone": lambda root: (root / f"{PACKAGES}/one/__pycache__/__init__.cpython-311.pyc").unlink(),
    "a RECORD that says less": lambda root: (root / RECORD).write_text("one-1.0.dist-info/RECORD,,\n"),
    "a RECORD that is no text": lambda root: (root / RECORD).write_bytes(b"\xff\0"),
    "a RECORD with a short row": lambda root: (root / RECORD).write_text("one\n"),
    "another Python behind the link": relink,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_content_is_found(change: Callable[[Path], object], environment: Environment) -> None:
    change(environment.path)
    assert not is_intact(environment)


def test_a_record_that_cannot_be_read_breaks_its_package(environment: Environment) -> None:
    (environment.path / RECORD).write_bytes(b"\xff\0")
    assert broken_packages(environment.path) == ["one"]


def test_an_environment_of_kit_0_2_knows_no_contents(environment: Environment) -> None:
    """It counts as changed, as it did there."""
    write_manifest(environment.path, {"fingerprint": environment.manifest["fingerprint"]})
    assert is_intact(environment)
    set_times(environment.path, RESTORED["as of now"])
    assert not is_intact(environment)


def test_a_manifest_that_is_half_there_is_a_change(environment: Environment) -> None:
    (environment.path / MANIFEST).write_text('{"lock":')
    assert not is_intact(environment)
