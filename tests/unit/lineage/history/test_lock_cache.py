"""Locks of a long history are parsed once, also by the next command, and never remembered wrongly."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab

from kit.lineage import History
from kit.lineage.history import lock_cache
from kit.lineage.history.lockfile import LockReader

Kit = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of caches; here every history is worth one."""
    monkeypatch.setenv("KIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(lock_cache, "WORTHWHILE", 1)
    return tmp_path / "cache/lineage"


def ids(history: History) -> dict[str, list[str]]:
    return {blob: [execution.id for execution in lock.values()] for blob, lock in history.locks.items()}


def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is parsed from now on."""
    texts: list[str] = []
    read = LockReader.read
    monkeypatch.setattr(LockReader, "read", lambda self, text, label: texts.append(text) or read(self, text, label))
    return texts


def test_the_next_command_parses_nothing_and_knows_the_same(
    lab: Lab, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.params["head"] = {"seed": 1}
    lab.repro()
    lab.commit()
    first = ids(History.of(lab.root))
    texts = parsed(monkeypatch)
    assert ids(History.of(lab.root)) == first
    assert len(first) == 2
    assert texts == []


def test_what_is_new_is_added_and_shares_what_is_old(lab: Lab, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(ids(History.of(lab.root))) == 1
    lab.params["head"] = {"seed": 1}
    lab.repro()
    lab.commit()
    texts = parsed(monkeypatch)
    history = History.of(lab.root)
    old, new = history.locks.values()
    assert len(texts) == 1
    assert old["encode"] is new["encode"]
    assert old["train"] is not new["train"]
    assert len(json.loads(next(kept.glob("*.json")).read_text())["locks"]) == 2


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 1}', '{"format": 99, "executions": [], "locks": {}}',
                                    '{"format": 1, "executions": [], "locks": {"a": [7]}}'])  # fmt: skip
def test_a_damaged_cache_is_rebuilt(damage: str, lab: Lab, kept: Path) -> None:
    first = ids(History.of(lab.root))
    place = next(kept.glob("*.json"))
    place.write_text(damage)
    assert ids(History.of(lab.root)) == first
    assert len(json.loads(place.read_text())["locks"]) == 1


def test_answers_are_the_same_with_and_without(lab: Lab, kept: Path, kit: Kit) -> None:
    lab.params["head"] = {"seed": 1}
    lab.repro()
    lab.commit()
    asked = [
        ("impact", "data/raw.csv"),
        ("trace", "evaluate"),
        ("why", "HEAD~1", "HEAD"),
        ("impact", "head"),
        ("verify", "--all"),
    ]
    first = [kit(*question) for question in asked]
    assert list(kept.glob("*.json"))
    assert [kit(*question) for question in asked] == first


def test_a_broken_lock_is_broken_again(lab: Lab, kept: Path) -> None:
    lab.write("dvc.lock", "stages: [\n")
    lab.commit()
    for _ in range(2):
        assert len(History.of(lab.root).broken) == 1


def test_a_cache_that_cannot_be_written_is_none(lab: Lab, kept: Path) -> None:
    kept.parent.mkdir()
    kept.write_text("a file where the folder should be")
    assert len(ids(History.of(lab.root))) == 1


def test_a_short_history_is_not_kept(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KIT_CACHE_DIR", str(tmp_path / "cache"))
    ids(History.of(lab.root))
    assert not (tmp_path / "cache").exists()
