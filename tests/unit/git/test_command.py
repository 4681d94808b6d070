"""Git is started in one place: no questions, no replaced objects, one error where it is missing."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import Lab
from places import SOURCE

from kit.errors import KitError
from kit.git.command import run_git, start_git
from kit.git.objects import Objects
from kit.git.repository import open_repository
from kit.git.status import description
from kit.library.fetch import git_source, is_repository
from kit.library.merge import merged
from kit.library.reference import Reference
from kit.project.changed import changed_modules
from kit.project.identity import name_of_user
from kit.project.project import Project

KIT = SOURCE / "kit/src/kit"
VARIABLES = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


def calls_of_git(file: Path) -> Iterator[str]:
    """Lists that begin with "git", and texts that begin so where a process is started."""
    for node in ast.walk(ast.parse(file.read_text())):
        words = node.elts[:1] if isinstance(node, ast.List | ast.Tuple) else []
        if isinstance(node, ast.Call) and "subprocess" in ast.unparse(node.func):
            words = [*words, *node.args[:1]]
        for word in words:
            if isinstance(word, ast.Constant) and str(word.value).split(" ")[0] == "git":
                yield f"{file.relative_to(KIT)}:{word.lineno}"


def test_only_the_room_of_git_starts_it() -> None:
    files = [file for file in KIT.rglob("*.py") if file.parent.name != "git"]
    assert [place for file in files for place in calls_of_git(file)] == []


def test_in_that_room_one_file_does() -> None:
    starting = {file.name for file in (KIT / "git").glob("*.py") if "import subprocess" in file.read_text()}
    assert starting == {"command.py"}


@pytest.mark.parametrize("line", ['X = ["git", "status"]', 'run(("git", "-C", place))', 'subprocess.run("git status")'])
def test_a_planted_start_is_found(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(globals(), "KIT", tmp_path)
    (tmp_path / "planted.py").write_text(f"\n{line}\n")
    assert list(calls_of_git(tmp_path / "planted.py")) == ["planted.py:2"]


def test_git_sees_the_kits_variables(lab: Lab) -> None:
    printed = run_git(lab.root, "-c", "alias.show-variables=!env", "show-variables").text
    found = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
    assert {name: found.get(name) for name in VARIABLES} == VARIABLES


def test_nothing_is_asked_on_the_terminal(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where credentials are missing, that is an error and no prompt that waits for ever."""
    monkeypatch.delenv("GIT_ASKPASS", raising=False)
    monkeypatch.delenv("SSH_ASKPASS", raising=False)
    done = run_git(lab.root, "-c", "credential.helper=", "credential", "fill", given="protocol=https\nhost=x.test\n\n")
    assert done.exit_status != 0
    assert "terminal prompts disabled" in done.message


def test_a_replaced_object_is_read_as_it_is(lab: Lab) -> None:
    """A replacement lives in one clone alone; an audit must not be led by it."""
    lock = lab.git("rev-parse", "HEAD:dvc.lock").strip()
    (lab.root / "other").write_text("stages: {}\n")
    lab.git("replace", lock, lab.git("hash-object", "-w", "other").strip())
    assert Objects(open_repository(lab.root)).read(lock) == (lab.root / "dvc.lock").read_bytes()
    assert run_git(lab.root, "cat-file", "blob", lock).data == (lab.root / "dvc.lock").read_bytes()


@pytest.fixture
def without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


NEEDING: list[Callable[[Path], object]] = [
    lambda root: run_git(root, "status"),
    lambda root: start_git(root, "cat-file", "--batch"),
    open_repository,
    lambda root: changed_modules(Project(root), "main"),
    lambda root: is_repository(Reference(str(root))),
    lambda root: git_source(Reference("https://x.test/y.git")).__enter__(),
    lambda root: merged(b"a\n", b"b\n", b"c\n", ("here", "there")),
]


@pytest.mark.usefixtures("without_git")
@pytest.mark.parametrize("act", NEEDING, ids=range(len(NEEDING)))
def test_a_missing_git_is_one_error(act: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(KitError, match=r"^git is not installed or not on PATH; install Git$"):
        act(tmp_path)


@pytest.mark.usefixtures("without_git")
def test_what_can_do_without_git_does(tmp_path: Path) -> None:
    assert description(tmp_path, []) is None
    assert name_of_user(Project(tmp_path)) == "unknown"


def test_a_missing_folder_is_not_a_missing_git(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_git(tmp_path / "nowhere", "status")
    assert not is_repository(Reference(str(tmp_path / "nowhere")))


def test_another_repository_is_not_that_of_the_hook_that_called(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git sets GIT_DIR for its hooks; a source of modules is elsewhere."""
    other = tmp_path / "other"
    subprocess.run(["git", "init", "--quiet", str(other)], check=True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert is_repository(Reference(str(lab.root)))
    assert merged(b"a\n", b"b\n", b"c\n", ("here", "there")).conflict


def test_a_repository_that_git_refuses_is_told_in_its_words(lab: Lab, tmp_path: Path) -> None:
    (lab.root / ".git/config").write_text("[core\n")
    with pytest.raises(KitError, match="bad config") as failed:
        open_repository(lab.root)
    assert "\n" not in str(failed.value)
    with pytest.raises(KitError, match="is not in a Git repository; change into a clone"):
        open_repository(tmp_path)
