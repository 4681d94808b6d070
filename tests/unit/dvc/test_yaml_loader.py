"""DVC reads what it would read by itself."""

from pathlib import Path

import pytest
from dvc.utils.serialize import ParseError, load_yaml

from kit.dvc.yaml_loader import load

GOOD = ["", "a: 1\n", "a: &x [1, 0o17, 1e3, yes, null]\nb: *x\n", "a: {<<: {b: 1}, c: 2026-01-01}\n", "- 1\n"]
BAD = ["a: [", "a: 1\na: 2\n", "\t"]


@pytest.mark.parametrize("text", GOOD)
def test_a_document_is_the_same(text: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(text)
    assert load(tmp_path / "params.yaml") == load_yaml(tmp_path / "params.yaml")


@pytest.mark.parametrize("text", BAD)
def test_a_mistake_is_told_in_the_same_words(text: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ParseError) as theirs:
        load_yaml(tmp_path / "params.yaml")
    with pytest.raises(ParseError) as ours:
        load(tmp_path / "params.yaml")
    assert str(ours.value) == str(theirs.value)
