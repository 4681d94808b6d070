"""Changes to files happen together or not at all, also with what else belongs to them."""

import errno
import os
from pathlib import Path

import pytest

from kit.errors import KitError
from kit.project import edits
from kit.project.edits import Changes
from kit.project.project import Project


@pytest.fixture
def changes(tmp_path: Path) -> Changes:
    """Two files change, one comes, one goes."""
    for name in ("one", "two", "gone/away"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{name} before\n")
    made = Changes(Project(tmp_path))
    for name in ("one", "new/file", "two"):
        made.write(name, "after\n")
    made.remove("gone/away")
    return made


def files(changes: Changes) -> dict[str, str]:
    root = changes.project.root
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def failing(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """The nth files that are put in place are not."""
    put, count = edits._put, iter(range(1, 100))

    def fail(place: Path, data: bytes | None) -> None:
        if next(count) in numbers:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        put(place, data)

    monkeypatch.setattr(edits, "_put", fail)


def test_what_was_applied_is_there(changes: Changes) -> None:
    changes.apply()
    assert files(changes) == {"one": "after\n", "two": "after\n", "new/file": "after\n"}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_one_failure_takes_all_back(number: int, changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(changes)
    failing(monkeypatch, number)
    with pytest.raises(KitError, match=r"cannot be written \(.*\); nothing was changed$"):
        changes.apply()
    assert files(changes) == before


@pytest.mark.parametrize("error", [KitError("no"), OSError(errno.EIO, "no"), KeyboardInterrupt()])
def test_a_failure_of_what_belongs_to_them_takes_all_back(error: BaseException, changes: Changes) -> None:
    before = files(changes)
    with pytest.raises(type(error)) as failed, changes.applied():
        raise error
    assert failed.value is error
    assert files(changes) == before


def test_they_are_there_while_it_happens(changes: Changes) -> None:
    with changes.applied():
        assert files(changes) == {"one": "after\n", "two": "after\n", "new/file": "after\n"}


def test_what_cannot_be_put_back_is_named(changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third fails, and so does every way back."""
    failing(monkeypatch, 3, 4, 5)
    with pytest.raises(KitError) as failed:
        changes.apply()
    assert str(failed.value) == (
        f"two: cannot be written ({os.strerror(errno.ENOSPC)}); one could not be put back: git restore one;"
        " new/file could not be removed again; delete it"
    )


def test_what_cannot_be_put_back_after_something_else_is_named_too(
    changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, 5)
    with (
        pytest.raises(KitError, match=r"^one could not be put back: git restore one\. Before that: no$"),
        changes.applied(),
    ):
        raise KitError("no")
