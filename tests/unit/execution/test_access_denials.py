"""Paths in what programs say when they may not open a file."""

from pathlib import Path

import pytest

from kit.execution.access_denials import paths_in

SAID = {
    "a shell": "sh: 1: cannot open {path}: Permission denied",
    "Python": "PermissionError: [Errno 13] Permission denied: '{path}'",
    "a library": "failed to read {path}, os error 13",
    "at the end": "Permission denied: {path}",
}


@pytest.mark.parametrize("line", SAID.values(), ids=SAID)
@pytest.mark.parametrize("name", ["other.csv", "two words.csv", "a folder/of many words/other file.csv"])
def test_a_path_is_found_whatever_is_in_it(name: str, line: str, tmp_path: Path) -> None:
    scratch, root = tmp_path / "scratch", tmp_path / "a project"
    (root / "data" / name).parent.mkdir(parents=True)
    (root / "data" / name).touch()
    (tmp_path / "a").mkdir()  # what the path begins with, were it cut at a space
    for path in (str(root / "data" / name), f"data/{name}"):
        assert root / "data" / name in paths_in(line.format(path=path), (scratch, root)), path


def test_what_is_no_path_is_none(tmp_path: Path) -> None:
    line = "PermissionError: it is 1/2 of " + "many words and " * 30 + "a/b"
    assert list(paths_in(line, (tmp_path / "scratch", tmp_path))) == []
