"""Environments: built once, shared, atomic, checked, found and removed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace, start_kit, wait_for
from filelock import FileLock

from kit.environments.environment import all_environments
from kit.environments.lock import read_lock
from kit.environments.store import environment_for
from kit.errors import KitError
from kit.system.caches import environments_folder

Kit = Callable[..., tuple[int, str, str]]
MODULE = Path("modules/doubler")
WITH_SIX = "\nimport six\n\n\ndef run"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_CACHE_DIR", str(tmp_path / "kit-cache"))


@pytest.fixture(scope="session")
def six_lock(tmp_path_factory: pytest.TempPathFactory) -> str:
    from kit.environments.locking import write_lock

    folder = tmp_path_factory.mktemp("six")
    (folder / "requirements.in").write_text("six==1.17.0\n")
    write_lock(folder, "3.11")
    return (folder / "requirements.txt").read_text()


@pytest.fixture
def needs_six(project: Path, six_lock: str) -> Path:
    """A project whose module imports six."""
    (MODULE / "requirements.in").write_text("six==1.17.0\n")
    (MODULE / "requirements.txt").write_text(six_lock)
    replace(MODULE / "run.py", "def run", WITH_SIX)
    return project


def two_stages() -> None:
    """A second stage, with another module that has the same lock."""
    shutil.copytree("modules/doubler", "modules/tripler")
    stage = Path("dvc.yaml").read_text().removeprefix("stages:\n")
    Path("dvc.yaml").write_text(
        "stages:\n" + stage + stage.replace("double", "triple").replace("tripled.csv", "doubled.csv")
    )
    Path("params.yaml").write_text("doubler: {factor: 2}\ntripler: {factor: 3}\n")


def built(path: Path) -> list[str]:
    return sorted(p.name for p in path.iterdir() if p.suffix not in (".lock", ".users"))


def test_an_environment_is_built_once_and_then_found(needs_six: Path, kit: Kit) -> None:
    assert "building the environment" in kit("run", "double")[1]
    assert "building" not in kit("run", "double")[1]
    assert len(all_environments()) == 1


def test_it_is_kept_outside_the_project(needs_six: Path, kit: Kit) -> None:
    kit("run", "double")
    assert needs_six not in environments_folder().parents


def test_two_stages_at_once_build_one_environment(needs_six: Path) -> None:
    two_stages()
    runs = [start_kit("run", stage) for stage in ("double", "triple")]
    outputs = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert "".join(outputs).count("building the environment") == 1
    assert len(built(environments_folder())) == 1


def test_a_killed_build_leaves_nothing_that_the_next_run_trips_over(needs_six: Path, kit: Kit, tmp_path: Path) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    # A uv that stops in the middle of installing: half an environment is on disk when the build is killed.
    (slow / "sitecustomize.py").write_text(
        "import kit.environments.build as e, time\nreal = e.run_uv\n"
        "def stuck(arguments, *others, **named):\n"
        "    done = real(arguments, *others, **named)\n"
        "    if arguments[0] == 'pip':\n        time.sleep(60)\n"
        "    return done\n"
        "e.run_uv = stuck\n"
    )
    running = start_kit("run", "double", before=slow)
    wait_for(lambda: list(environments_folder().glob("*.building/lib/*/site-packages/six.py")))
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert all_environments() == []
    assert kit("run", "double")[0] == 0
    assert len(built(environments_folder())) == 1


def test_what_a_killed_build_left_running_is_in_nobodys_way(needs_six: Path, kit: Kit) -> None:
    """uv outlives the kit that was killed, and goes on writing into the folder that it was given."""
    environment = environment_for(read_lock(MODULE / "requirements.txt", "one"), "3.11")
    shutil.rmtree(environment.path)
    folder = environment.path.with_name(f"{environment.key}.1.building")
    writer = f"import os\nwhile True:\n    os.makedirs({str(folder / 'lib')!r}, exist_ok=True)"
    orphan = subprocess.Popen([sys.executable, "-c", writer])
    try:
        wait_for(folder.is_dir)
        assert kit("run", "double")[0] == 0
    finally:
        orphan.kill()
        orphan.wait()


def test_a_hash_that_does_not_match_stops_the_build(needs_six: Path, kit: Kit) -> None:
    lock = MODULE / "requirements.txt"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, lock.read_text()))
    code, _, errors = kit("run", "double")
    assert code == 1
    assert len(errors.splitlines()) == 1
    assert errors.startswith("kit: modules/doubler/requirements.txt: the environment cannot be built: ")
    assert "hash mismatch" in errors.lower()
    assert built(environments_folder()) == []


def test_locks_that_differ_in_comments_share_an_environment(needs_six: Path, six_lock: str) -> None:
    first = environment_for(read_lock(MODULE / "requirements.txt", "one"), "3.11")
    (MODULE / "requirements.txt").write_text(six_lock + "# another comment\n")
    assert environment_for(read_lock(MODULE / "requirements.txt", "two"), "3.11") == first


def test_the_list_shows_size_last_use_and_users(needs_six: Path, kit: Kit) -> None:
    kit("run", "double")
    out = kit("env", "list")[1]
    assert all_environments()[0].key[:12] in out
    assert "doubler" in out
    assert time.strftime("%Y-%m-%d") in out


def test_prune_removes_what_no_module_here_uses(needs_six: Path, kit: Kit, empty_lock: Path) -> None:
    kit("run", "double")
    unused = environment_for(read_lock(empty_lock, "empty"), "3.11")
    assert kit("env", "prune")[0] == 0
    assert not unused.path.exists()
    assert [environment.key != unused.key for environment in all_environments()] == [True]


def test_prune_removes_what_cannot_be_used_any_more(needs_six: Path, kit: Kit, empty_lock: Path) -> None:
    broken = environment_for(read_lock(empty_lock, "empty"), "3.11")
    broken.python.unlink()
    (environments_folder() / "0123.building").mkdir()
    (environments_folder() / "4567.removed").mkdir()
    assert kit("env", "prune")[0] == 0
    assert built(environments_folder()) == []


def test_prune_leaves_a_build_that_is_going_on(project: Path, kit: Kit) -> None:
    building = environments_folder() / "0123.building"
    building.mkdir(parents=True)
    with FileLock(environments_folder() / "0123.lock"):
        kit("env", "prune")
    assert building.exists()


def test_a_python_that_is_nowhere_is_one_line(needs_six: Path, kit: Kit) -> None:
    replace(MODULE / "module.yaml", '"3.11"', '"3.99"')
    code, _, errors = kit("run", "double")
    assert (code, len(errors.splitlines())) == (1, 1)
    assert "Python 3.99 is not on this machine" in errors


def test_an_environment_whose_python_is_gone_is_built_again(needs_six: Path, kit: Kit) -> None:
    kit("run", "double")
    all_environments()[0].python.unlink()
    assert "building the environment" in kit("run", "double")[1]
    assert len(built(environments_folder())) == 1


def test_an_unknown_choice_of_environment_is_refused(project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_ENV", "docker")
    assert kit("run", "double")[2] == "kit: KIT_ENV=docker: must be lock (the default) or host\n"


def test_a_package_without_a_wheel_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    # Its only file on the index is a source archive, whose build would be neither pinned nor hashed.
    digest = "f224469b4168294902bb1efa80a8bf7855f24c99aef99cbefc1bcd3cce77881b"
    lock.write_text(f"antlr4-python3-runtime==4.9.3 --hash=sha256:{digest}\n")
    with pytest.raises(KitError, match=r"no usable wheels|[Bb]uilding source distributions"):
        environment_for(read_lock(lock, "requirements.txt"), "3.11")


@pytest.fixture
def linked(needs_six: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kit: Kit) -> Path:
    """six.py as installed, linked with uv's cache and with a second environment; gives the path."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    two_stages()
    # The same package, another lock: idna is one of the smallest packages there are.
    (Path("modules/tripler") / "requirements.in").write_text("six==1.17.0\nidna==3.11\n")
    assert kit("lock", "tripler")[0] == 0
    assert kit("run", "double")[0] == 0
    assert kit("run", "triple")[0] == 0
    one, two = environments_folder().glob("*/lib/*/site-packages/six.py")
    assert one.samefile(two)
    return one


def edit(path: Path) -> None:
    """Change a file in place, as an editor or a stray pip would, so that every link to it changes."""
    with path.open("a") as file:
        file.write("\nraise RuntimeError('edited')\n")


def test_a_changed_file_is_found_by_the_next_run_and_made_good(linked: Path, kit: Kit) -> None:
    edit(linked)
    code, out, _ = kit("run", "double")
    assert code == 0
    assert "the environment of modules/doubler/requirements.txt changed after it was built; rebuilding it" in out
    assert "edited" not in next(environments_folder().glob("*/lib/*/site-packages/six.py")).read_text()


def test_an_environment_that_shares_a_changed_file_is_found_too(linked: Path, kit: Kit) -> None:
    edit(linked)
    for stage in ("double", "triple"):
        code, out, _ = kit("run", stage)
        assert (code, "changed after it was built" in out) == (0, True)
    for stage in ("double", "triple"):
        assert kit("run", stage)[1] == ""


def test_env_check_finds_what_sizes_and_times_do_not_show(linked: Path, kit: Kit) -> None:
    before = linked.stat()
    linked.write_bytes(linked.read_bytes().replace(b"import", b"ymport", 1))
    os.utime(linked, ns=(before.st_atime_ns, before.st_mtime_ns))
    code, out, _ = kit("env", "check")
    assert code == 0
    assert out.count("files of six differ from their wheel") == 2
    assert b"ymport" not in b"".join(path.read_bytes() for path in environments_folder().glob("*/lib/*/*/six.py"))
    assert "files" not in kit("env", "check")[1]
    assert kit("run", "double")[0] == 0


@pytest.mark.parametrize("name", ["added.pth", "six.py"])
def test_a_file_that_was_added_or_removed_is_found(name: str, linked: Path, kit: Kit) -> None:
    path = linked.with_name(name)
    path.write_text("import os\n") if name == "added.pth" else path.unlink()
    assert "changed after it was built" in kit("run", "double")[1] + kit("run", "triple")[1]


def test_a_wheel_that_was_changed_in_uvs_cache_is_fetched_again(linked: Path, kit: Kit) -> None:
    """A new environment would get the changed file as a hard link."""
    edit(linked)
    shutil.rmtree(environments_folder())
    assert kit("run", "double")[0] == 0


def test_the_record_tells_what_is_installed(linked: Path, kit: Kit) -> None:
    kit("run", "triple")
    installed = json.loads(Path("artifacts/triple/run.json").read_text())["environment"]["installed"]
    assert (installed["packages"], installed["differs_from_lock"]) == (2, [])


def test_the_digest_of_what_is_installed_is_that_of_the_wheels(
    linked: Path, tmp_path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal in a second cache folder, though scripts and links differ."""
    first = [environment.path for environment in all_environments()]
    one = sorted(e.manifest["installed"]["sha256"] for e in all_environments())
    monkeypatch.setenv("KIT_CACHE_DIR", str(tmp_path / "second"))
    kit("run", "double")
    kit("run", "triple")
    assert sorted(e.manifest["installed"]["sha256"] for e in all_environments()) == one
    assert not {e.path for e in all_environments()} & set(first)
