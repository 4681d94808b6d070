"""An environment takes the bytecode of packages that another one has, if it is what was compiled there."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.environments.environment import Environment, all_environments
from kit.environments.installed import site_packages
from kit.environments.lock import read_lock
from kit.environments.locking import write_lock
from kit.environments.store import environment_for

Build = Callable[..., Environment]


@pytest.fixture(scope="session")
def locks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder with the lock of some requirements."""

    def lock(*requirements: str) -> Path:
        folder = tmp_path_factory.mktemp("module")
        (folder / "requirements.in").write_text("\n".join(requirements))
        write_lock(folder, "3.11")
        return folder

    return lock


@pytest.fixture
def build(locks: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Build the environment of some requirements in a cache of the test's own."""
    monkeypatch.setenv("KIT_CACHE_DIR", str(tmp_path / "kit-cache"))

    def built(*requirements: str) -> Environment:
        return environment_for(read_lock(locks(*requirements) / "requirements.txt", "requirements.txt"), "3.11")

    return built


def bytecode(environment: Environment, module: str) -> Path:
    (found,) = (site_packages(environment.path) / "__pycache__").glob(f"{module}.*.pyc")
    return found


def test_the_same_package_is_compiled_once(build: Build) -> None:
    first, second = build("six==1.17.0"), build("six==1.17.0", "typing_extensions==4.15.0")
    assert bytecode(first, "six").samefile(bytecode(second, "six"))
    assert bytecode(second, "typing_extensions").stat().st_nlink == 1


def test_another_version_is_compiled(build: Build) -> None:
    first, second = build("six==1.17.0"), build("six==1.16.0")
    assert not bytecode(first, "six").samefile(bytecode(second, "six"))
    assert b"1.16.0" in bytecode(second, "six").read_bytes()


def test_bytecode_that_was_changed_is_not_taken_even_if_size_and_time_are_the_same(build: Build) -> None:
    first = build("six==1.17.0")
    place = bytecode(first, "six")
    good, times = place.read_bytes(), (place.stat().st_atime_ns, place.stat().st_mtime_ns)
    place.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    os.utime(place, ns=times)
    second = build("six==1.17.0", "typing_extensions==4.15.0")
    assert not place.samefile(bytecode(second, "six"))
    assert bytecode(second, "six").read_bytes() != place.read_bytes()


def test_without_hard_links_it_is_compiled(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build("six==1.17.0")

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    second = build("six==1.17.0", "typing_extensions==4.15.0")
    assert not bytecode(first, "six").samefile(bytecode(second, "six"))


def test_an_environment_that_an_older_kit_built_lends_nothing(build: Build) -> None:
    first = build("six==1.17.0")
    manifest = first.path / "environment.json"
    manifest.write_text(manifest.read_text().replace('"bytecode"', '"unknown"'))
    second = build("six==1.17.0", "typing_extensions==4.15.0")
    assert not bytecode(first, "six").samefile(bytecode(second, "six"))
    assert len(all_environments()) == 2


def test_what_is_linked_is_what_python_takes(build: Build) -> None:
    """Python does not compile again, and tracebacks name the package's own file."""
    build("six==1.17.0")
    second = build("six==1.17.0", "typing_extensions==4.15.0")
    code = "import six; print(six.__cached__); print(six.ensure_str.__code__.co_filename)"
    said = subprocess.check_output([second.python, "-v", "-c", code], stderr=subprocess.STDOUT, text=True)
    assert f"{bytecode(second, 'six')} matches" in said
    assert said.splitlines().count(str(site_packages(second.path) / "six.py")) == 1


def test_a_link_in_place_of_bytecode_is_not_taken(build: Build, tmp_path: Path) -> None:
    place = bytecode(build("six==1.17.0"), "six")
    place.rename(tmp_path / "elsewhere.pyc")
    place.symlink_to(tmp_path / "elsewhere.pyc")
    assert not bytecode(build("six==1.17.0", "typing_extensions==4.15.0"), "six").is_symlink()


@pytest.mark.parametrize("name", ["last-use", "environment.json"])
def test_an_environment_that_is_being_removed_stops_no_build(
    name: str, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build("six==1.17.0")
    monkeypatch.setattr("kit.environments.build.all_environments", lambda: [first])
    (first.path / name).unlink()
    assert build("six==1.17.0", "typing_extensions==4.15.0").is_ready
    if name == "last-use":
        assert first in all_environments()
