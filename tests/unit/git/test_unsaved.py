"""What Git could not bring back: untracked, ignored, changed, staged, or hidden from its eyes."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import IDENTITY, Lab

from kit.git.unsaved import committed_text, unsaved

FOLDER = "modules/head"
NEW = f"{FOLDER}/new.txt"


def commit_ignored_names(lab: Lab) -> None:
    lab.write(".gitignore", lab.read(".gitignore") + "*.local\n__pycache__/\n")
    lab.commit()


def hide(lab: Lab, option: str) -> None:
    lab.git("update-index", option, f"{FOLDER}/run.py")
    lab.write(f"{FOLDER}/run.py", "changed\n")


CASES: dict[str, tuple[Callable[[Lab], object], str, str]] = {
    "untracked": (lambda lab: lab.write(NEW, "x"), NEW, "is not committed"),
    "in a folder of its own": (
        lambda lab: lab.write(f"{FOLDER}/a/b c.txt", "x"),
        f"{FOLDER}/a/b c.txt",
        "not committed",
    ),
    "ignored": (lambda lab: lab.write(f"{FOLDER}/a/my.local", "x"), f"{FOLDER}/a/my.local", "by .gitignore"),
    "no bytecode": (lambda lab: lab.write(f"{FOLDER}/__pycache__/notes", "x"), f"{FOLDER}/__pycache__/notes", "ignore"),
    "changed": (lambda lab: lab.write(f"{FOLDER}/run.py", "x"), f"{FOLDER}/run.py", "is not committed"),
    "staged": (lambda lab: (lab.write(NEW, "x"), lab.git("add", NEW)), NEW, "is not committed"),
    "forgotten": (lambda lab: lab.git("rm", "--cached", "-q", f"{FOLDER}/run.py"), f"{FOLDER}/run.py", "not committed"),
    "assumed unchanged": (lambda lab: hide(lab, "--assume-unchanged"), f"{FOLDER}/run.py", "hidden from Git"),
    "skipped": (lambda lab: hide(lab, "--skip-worktree"), f"{FOLDER}/run.py", "hidden from Git"),
}


@pytest.mark.parametrize(("change", "path", "why"), CASES.values(), ids=CASES)
def test_a_file_that_git_could_not_bring_back_is_named(
    change: Callable[[Lab], object], path: str, why: str, lab: Lab
) -> None:
    commit_ignored_names(lab)
    assert list(unsaved(lab.root, FOLDER)) == []
    change(lab)
    found = dict(unsaved(lab.root, FOLDER))
    assert list(found) == [path]
    assert why in found[path]


def test_bytecode_can_be_made_again(lab: Lab) -> None:
    commit_ignored_names(lab)
    lab.write(f"{FOLDER}/__pycache__/run.cpython-311.pyc", "x")
    assert list(unsaved(lab.root, FOLDER)) == []


def test_changes_beside_the_folder_are_not_its(lab: Lab) -> None:
    lab.write("modules/encoder/new.txt", "x")
    assert list(unsaved(lab.root, FOLDER)) == []


def test_outside_git_everything_is_unsaved(tmp_path: Path) -> None:
    assert list(unsaved(tmp_path, FOLDER)) == [(FOLDER, "is not committed")]


def test_a_project_in_a_folder_of_its_repository_has_its_own_paths(tmp_path: Path) -> None:
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "Start"]):
        subprocess.run(["git", *command], cwd=tmp_path, env={**os.environ, **IDENTITY}, check=True)
    (tmp_path / "project" / FOLDER).mkdir(parents=True)
    (tmp_path / "project" / NEW).write_text("x")
    assert list(unsaved(tmp_path / "project", FOLDER)) == [(NEW, "is not committed")]


def test_the_committed_text_is_that_of_head(lab: Lab) -> None:
    before = lab.read("params.yaml")
    lab.write("params.yaml", "{}\n")
    assert committed_text(lab.root, "params.yaml") == before
    assert committed_text(lab.root, "nothing.yaml") == ""
