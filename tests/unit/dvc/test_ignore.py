"""What .dvcignore leaves out is what DVC leaves out."""

import os
import random
from pathlib import Path

import pytest
from dvc.fs import LocalFileSystem
from dvc.ignore import DvcIgnoreFilter

from kit.dvc.hashing import dvc_hash, ignored_in
from kit.dvc.ignore import Ignored
from kit.errors import KitError

FOLDERS = ["", "a", "a/b", "c", "c/a", ".git"]
NAMES = ["x.txt", "y.log", ".DS_Store", "a", "b", "keep.log"]
RULES = [
    "*.log",
    "!keep.log",
    "/a/",
    "a/b",
    "b/",
    "**/x.txt",
    ".DS_Store",
    "# a comment",
    "",
    "  *.txt  ",
    "c/*",
    "!/c/a",
]


@pytest.mark.parametrize("seed", range(40))
def test_random_rules_mean_what_dvc_takes_them_for(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for folder in FOLDERS:
        for name in draw.sample(NAMES, 4):
            if not (tmp_path / folder / name).exists():
                (tmp_path / folder / name).touch()
        if draw.random() < 0.5:
            rules = draw.sample(RULES, draw.randint(1, 4))
            (tmp_path / folder / ".dvcignore").write_text("\n".join(rules) + "\n")
    theirs, ours = DvcIgnoreFilter(LocalFileSystem(), str(tmp_path)), ignored_in(tmp_path)
    for place, folders, names in os.walk(tmp_path):
        here = Path(place).relative_to(tmp_path)
        for name in folders:
            expected = theirs.is_ignored_dir(str(Path(place, name)), ignore_subrepos=False)
            assert ours.matches((here / name).as_posix(), is_folder=True) == expected, here / name
        for name in names:
            expected = theirs.is_ignored_file(str(Path(place, name)), ignore_subrepos=False)
            assert ours.matches((here / name).as_posix()) == expected, here / name


def test_a_file_of_rules_that_is_not_text_is_named() -> None:
    ignored = Ignored(lambda path: b"\xff" if path == "data/.dvcignore" else None)
    assert not ignored.matches("x.txt")
    with pytest.raises(KitError, match=r"data/\.dvcignore: is not UTF-8 text"):
        ignored.matches("data/x.txt")


def test_a_folder_has_the_hash_that_dvc_gives_it(tmp_path: Path) -> None:
    """The listing of two files, as DVC 3.67.1 wrote it into a dvc.lock."""
    for name in ("a.txt", "b/c.txt", "b/.DS_Store"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_text(f"{name}\n")
    (tmp_path / ".dvcignore").write_text(".DS_Store\n")
    assert dvc_hash(tmp_path, "out") == expected_hash(tmp_path)
    assert dvc_hash(tmp_path, "out/b/.DS_Store") is None
    assert dvc_hash(tmp_path, "nowhere") is None


def expected_hash(root: Path) -> str:
    """As DVC's own machinery computes it."""
    from dvc_data.hashfile.build import build
    from dvc_data.hashfile.db import HashFileDB
    from dvc_objects.fs import MemoryFileSystem

    fs = LocalFileSystem()
    store = HashFileDB(MemoryFileSystem(), "memory://store")
    _, _, found = build(store, str(root / "out"), fs, "md5", ignore=DvcIgnoreFilter(fs, str(root)), dry_run=True)
    return str(found.hash_info.value)
