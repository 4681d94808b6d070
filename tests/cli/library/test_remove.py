"""A module is taken out whole, and only where Git could bring all of it back."""

import subprocess
from collections.abc import Callable

import pytest

from .conftest import Repository, tree

Kit = Callable[..., tuple[int, str, str]]


def test_a_removed_module_leaves_nothing_and_comes_back(taken: Repository, kit: Kit) -> None:
    assert kit("remove", "doubler")[0] == 0
    assert not (taken.root / "modules").exists()
    assert not (taken.root / "modules.lock").exists()
    assert "doubler" not in taken.read("params.yaml") + taken.read("CODEOWNERS")
    assert kit("check")[0] == 0
    taken.git("checkout", "--", ".")
    assert kit("check")[0] == 0


def test_a_used_module_is_not_removed(taken: Repository, kit: Kit) -> None:
    stage = "stages:\n  double:\n    cmd: kit run double\n    deps: [modules/doubler, data/numbers.csv]\n"
    taken.write("dvc.yaml", stage + "    params: [doubler]\n    outs: [artifacts/double/doubled.csv]\n")
    before = tree(taken.root)
    assert "stage double uses it" in kit("remove", "doubler")[2]
    assert tree(taken.root) == before


def test_what_it_says_brings_the_folder_back(taken: Repository, kit: Kit) -> None:
    before = tree(taken.root / "modules")
    _, out, _ = kit("remove", "doubler")
    subprocess.run(out.split("`")[1].split(" "), cwd=taken.root, check=True)
    assert tree(taken.root / "modules") == before


UNSAVED = {
    "untracked": ("modules/doubler/notes.md", "is not committed"),
    "ignored": ("modules/doubler/data/my.local", "is ignored by .gitignore"),
    "changed": ("modules/doubler/run.py", "is not committed"),
    "its origin": ("modules.lock", "is not committed"),
}


@pytest.mark.parametrize(("path", "why"), UNSAVED.values(), ids=UNSAVED)
def test_what_git_does_not_have_is_not_removed(path: str, why: str, taken: Repository, kit: Kit) -> None:
    taken.write(".gitignore", "*.local\n")
    taken.release("ignore")
    taken.write(path, (taken.read(path) if (taken.root / path).exists() else "") + "# mine\n")
    before = tree(taken.root)
    problem = f"kit: {path}: {why}, and would be lost; commit it, or remove it yourself, first\n"
    assert kit("remove", "doubler") == (1, "", problem)
    assert tree(taken.root) == before


def test_a_section_that_is_not_committed_is_not_removed(taken: Repository, kit: Kit) -> None:
    taken.edit("params.yaml", "factor: 3", "factor: 4")
    before = tree(taken.root)
    assert kit("remove", "doubler")[2].startswith("kit: params.yaml: doubler: differs from what is committed, and")
    assert tree(taken.root) == before


def test_changes_to_other_sections_stand_in_nobodys_way(taken: Repository, kit: Kit) -> None:
    taken.write("params.yaml", taken.read("params.yaml") + "other: {x: 1}\n")
    assert kit("remove", "doubler")[0] == 0
    assert "other: {x: 1}" in taken.read("params.yaml")
