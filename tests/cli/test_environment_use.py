"""An environment stays as it is while a process uses it, and as long as a project needs it."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from acts import module_does, replace, start_kit, wait_for

from kit.environments.environment import Environment, all_environments
from kit.environments.holding import in_use, is_used
from kit.environments.installed import site_packages
from kit.system.caches import environments_folder

Kit = Callable[..., tuple[int, str, str]]
MODULE = Path("modules/doubler")
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_CACHE_DIR", str(tmp_path / "kit-cache"))


@pytest.fixture
def other(project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another project, which has run; here nothing needs an environment any more."""
    folder = project.with_name("other")
    shutil.copytree(project, folder)
    monkeypatch.chdir(folder)
    assert kit("run", "double")[0] == 0
    monkeypatch.chdir(project)
    shutil.rmtree("modules")
    return folder


def only() -> Environment:
    (found,) = all_environments()
    return found


def test_prune_keeps_what_another_project_needs(other: Path, kit: Kit) -> None:
    summary = f"0 environments removed, 1 kept in {environments_folder()}: 1 used by other projects\n"
    assert kit("env", "prune") == (0, summary, "")


def break_module(other: Path) -> None:
    (other / MODULE / "module.yaml").write_text("{")


def lock_for_more(other: Path) -> None:
    """The other project goes on to another lock."""
    more = "six==1.17.0 --hash=sha256:" + "0" * 64 + "\n"
    (other / MODULE / "requirements.txt").write_text((other / MODULE / "requirements.txt").read_text() + more)


ENDS: dict[str, tuple[Callable[[Path], object], int]] = {
    "is gone": (shutil.rmtree, 1),
    "has no module any more": (lambda other: shutil.rmtree(other / "modules"), 1),
    "has another lock": (lock_for_more, 1),
    "has another Python": (lambda other: replace(other / MODULE / "module.yaml", '"3.11"', '"3.12"'), 1),
    "cannot be asked": (break_module, 0),
}


@pytest.mark.parametrize(("end", "removed"), ENDS.values(), ids=ENDS)
def test_prune_removes_it_once_the_other_project(
    end: Callable[[Path], object], removed: int, other: Path, kit: Kit
) -> None:
    end(other)
    assert kit("env", "prune")[1].startswith(f"{removed} environments removed, {1 - removed} kept")
    assert len(all_environments()) == 1 - removed


def test_the_list_names_the_other_project(other: Path, kit: Kit) -> None:
    assert kit("env", "list")[1].splitlines()[1].endswith(f"  {other}")


@pytest.mark.parametrize(("days", "removed"), [(29, 0), (31, 1)])
def test_an_environment_whose_users_nobody_noted_stays_for_a_month(
    days: int, removed: int, other: Path, kit: Kit
) -> None:
    """As the kit of release 0.2 left them."""
    environment = only()
    environment.sibling("users").unlink()
    os.utime(environment.path / "last-use", (0, time.time() - days * DAY))
    out = kit("env", "prune")[1]
    assert out.startswith(f"{removed} environments removed")
    assert ("kit 0.2 did not record by which project" in out) == (not removed)


def test_prune_leaves_what_a_process_uses(other: Path, kit: Kit) -> None:
    shutil.rmtree(other)
    with in_use(only()):
        assert kit("env", "prune")[1].endswith(": 1 in use by a running process\n")
    assert kit("env", "prune")[1].startswith("1 environments removed, 0 kept")


def test_check_leaves_what_a_process_uses(other: Path, kit: Kit) -> None:
    environment = only()
    (site_packages(environment.path) / "added.pth").write_text("import os\n")
    with in_use(environment):
        code, out, _ = kit("env", "check")
    assert (code, environment.is_ready) == (1, True)
    assert (
        out.splitlines()[1]
        == f"{environment.key[:12]}: is in use by a process and was left as it is; check again later"
    )
    assert kit("env", "check")[0] == 0
    assert not environment.path.exists()


@contextmanager
def waiting(*command: str, file: Path, flag: Path) -> Iterator["subprocess.Popen[str]"]:
    """A kit whose module waits until the flag is there; `file` says that it has begun."""
    running = start_kit(*command)
    try:
        wait_for(lambda: file.exists() or running.poll() is not None)
        yield running
    finally:
        flag.touch()
        running.communicate()


@pytest.fixture
def flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path, Path]:
    """Lines that tell that they have begun and wait, and the two files."""
    monkeypatch.setenv("KIT_ISOLATION", "off")
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    lines = f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\n"
    return f"{lines}while not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.01)", begun, go_on


def test_a_stage_uses_its_environment_as_long_as_it_runs(project: Path, flags: tuple[str, Path, Path]) -> None:
    lines, begun, go_on = flags
    module_does(lines)
    with waiting("run", "double", file=begun, flag=go_on):
        assert is_used(only())
    assert not is_used(only())


def test_tests_use_the_environment_and_that_of_the_tools(project: Path, flags: tuple[str, Path, Path]) -> None:
    lines, begun, go_on = flags
    (MODULE / "test_module.py").write_text(f"{lines}\ndef test_nothing(): pass\n")
    with waiting("test", file=begun, flag=go_on):
        assert [is_used(environment) for environment in all_environments()] == [True, True]


def test_a_changed_environment_is_rebuilt_once_nobody_runs_in_it(project: Path, flags: tuple[str, Path, Path]) -> None:
    lines, begun, go_on = flags
    stage = Path("dvc.yaml").read_text().removeprefix("stages:\n")
    again = re.sub(r"\bdouble\b", "again", stage)
    Path("dvc.yaml").write_text(f"stages:\n{stage}{again}")
    module_does(lines)
    with waiting("run", "double", file=begun, flag=go_on) as first:
        added = site_packages(only().path) / "added.pth"
        added.write_text("import os\n")
        second = start_kit("run", "again")
        assert second.stdout
        assert second.stdout.readline().endswith("; waiting for the runs that use it, to rebuild it\n")
        assert added.exists()
    out = second.communicate()[0]
    assert (first.returncode, second.returncode) == (0, 0), out
    assert "changed after it was built; rebuilding it" in out
    assert not added.exists()


def test_a_cache_that_brings_whole_seconds_back_makes_no_build(project: Path, kit: Kit) -> None:
    kit("run", "double")
    for path in only().path.rglob("*"):
        os.utime(path, (0, int(path.lstat().st_mtime)), follow_symlinks=False)
    assert kit("run", "double") == (0, "", "")
