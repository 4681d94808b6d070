"""Every command works from any folder of a project, also where the project is a folder of its repository."""

import argparse
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab
from places import SOURCE
from small_project import FILES

from kit.arguments import parser

from .registry.conftest import MODEL, gated

Kit = Callable[..., tuple[int, str, str]]
BELOW = "docs/inner"
VERSION = "digits@v1.0.0"
# What depends on when a command ran, and on what earlier tests had built.
CHANGING = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?|\d+\.\d+ ?(?:s|MB)\b"
    r"|kit: (building the environment|environment ready).*\n"
)


class At(str):
    """A path in the project, given as from where one stands."""


# Words, how they end, and what must have been run before.
Call = tuple[list[str], int, list[list[str]]]
ASKED: list[Call] = [
    (["trace", At(MODEL)], 0, []),
    (["trace", "train"], 0, []),
    (["find", At(MODEL)], 0, []),
    (["impact", At("data/raw.csv")], 0, []),
    (["why", "train"], 0, []),
    (["why", "HEAD", "HEAD"], 0, []),
    (["why", At(MODEL), At("artifacts/encode/encoder.safetensors")], 0, []),
    (["verify"], 0, []),
    (["export", At(MODEL), "--format", "in-toto"], 0, []),
    (["export", "--all", "--format", "ro-crate"], 0, []),
    (["export", "train", "--format", "model-card", "--output", At("modules/card.md")], 0, []),
    (["report"], 0, []),
    (["report", "--against", "HEAD"], 0, []),
    (["replay", At("data/raw.csv")], 1, []),
    (["stages", "--stale"], 0, []),
    (["outdated"], 0, []),
    (["update", "encoder"], 1, []),
    (["gate"], 0, []),
    (["register"], 0, []),
    (["register", "digits", "--bump", "major"], 0, []),
    (["promote", VERSION, "production"], 0, [["register"]]),
    (["rollback", "digits", "production"], 1, [["register"], ["promote", VERSION, "production"]]),
    (["registry"], 0, [["register"]]),
]
WORKED: list[Call] = [
    (["run", "double"], 0, []),
    (["show", "double"], 0, [["run", "double"]]),
    (["test"], 0, []),
    (["lock", "--check"], 0, []),
    (["env", "list"], 0, []),
    (["check"], 1, []),
    (["matrix"], 0, []),
    (["stages"], 0, []),
    (["graph", "--write"], 0, []),
    (["list"], 0, []),
    (["owners", "--write"], 0, []),
    (["new", "filter", "some", "--after", At("data/numbers.csv")], 0, []),
    (["add", At("../elsewhere")], 0, []),
    (["remove", "doubler"], 1, []),
]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Its repository is the folder above."""
    top = tmp_path_factory.mktemp("repository")
    return gated(top / "project", top)


@pytest.fixture
def audited_copy(audited: Lab, tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: shutil.copytree(audited.root.parent, tmp_path / name) / "project"


@pytest.fixture
def small_copy(tmp_path: Path, empty_lock: Path) -> Callable[[str], Path]:
    """The small project, and a module elsewhere that it can take."""

    def copy(name: str) -> Path:
        for path, text in FILES.items():
            for place in (
                tmp_path / name / "project" / path,
                tmp_path / name / "elsewhere" / path.replace("doubler", "tripler"),
            ):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text.replace("doubler", "tripler") if "elsewhere" in place.parts else text)
        for place in ("project/modules/doubler", "elsewhere/modules/tripler"):
            shutil.copy(empty_lock, tmp_path / name / place / "requirements.txt")
        root = tmp_path / name / "project"
        shutil.copytree(SOURCE / "templates", root / "templates")
        (root / "README.md").write_text("<!-- graph: made by `kit graph --write` -->\n<!-- /graph -->\n")
        return root

    return copy


def outcome(root: Path, below: str, call: Call, kit: Kit) -> tuple[int, list[str], list[str]]:
    """How a command ends, what it says, and every file of the project afterwards."""
    words, _, before = call
    cwd = root / below
    cwd.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        for first in before:
            assert kit(*first)[0] == 0
        given = [os.path.relpath(root / word, cwd) if isinstance(word, At) else word for word in words]
        code, out, err = kit(*given)
    texts = [text.replace(str(root.parent), "TOP").replace(os.path.relpath(root, cwd) + "/", "") for text in (out, err)]
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    kept = [path for path in files if not {".dvc", ".kit", "__pycache__"} & {*path.parts}]
    return code, [CHANGING.sub("", text) for text in texts], sorted(map(str, kept))


def assert_same_below(make: Callable[[str], Path], call: Call, kit: Kit) -> None:
    at_root = outcome(make("one"), ".", call, kit)
    assert at_root[0] == call[1], at_root
    assert outcome(make("two"), BELOW, call, kit) == at_root


def name(call: Call) -> str:
    return " ".join(call[0])


@pytest.mark.parametrize("call", ASKED, ids=name)
def test_history_is_asked_from_any_folder(call: Call, audited_copy: Callable[[str], Path], kit: Kit) -> None:
    assert_same_below(audited_copy, call, kit)


@pytest.mark.parametrize("call", WORKED, ids=name)
def test_work_is_done_from_any_folder(call: Call, small_copy: Callable[[str], Path], kit: Kit) -> None:
    assert_same_below(small_copy, call, kit)


def test_no_command_is_left_out() -> None:
    (commands,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    assert {call[0][0] for call in (*ASKED, *WORKED)} == set(commands.choices)
