"""A version or a stage is given, pushed and pointed to as a whole, or not at all; and why not is told as it is."""

import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab

from kit.git.command import GitOutput, run_git
from kit.project import edits
from kit.registry import publishing

from .conftest import Kit, tags

COMMANDS = {"register": ["register", "digits"], "promote": ["promote", "digits@v1.0.0", "production"]}


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest, lab: Lab, colleague: Path, kit: Kit) -> list[str]:
    """Ready to be run: what is to be promoted is registered."""
    if request.param == "promote":
        assert kit("register", "digits")[0] == 0
    return COMMANDS[request.param]


@pytest.fixture
def promotion(lab: Lab, colleague: Path, kit: Kit) -> list[str]:
    assert kit("register", "digits")[0] == 0
    return COMMANDS["promote"]


def shared(lab: Lab) -> list[str]:
    return subprocess.check_output(["git", "tag"], cwd=lab.root.parent / "origin.git", text=True).split()


def state(lab: Lab) -> tuple[object, ...]:
    """What a command that fails must leave as it was."""
    pointer, data = (lab.read(f"data/production{suffix}") for suffix in (".dvc", ""))
    return tags(lab), shared(lab), lab.git("status", "--porcelain"), pointer, data


def refuse(lab: Lab, hook: str, words: str) -> None:
    place = lab.root.parent / "origin.git/hooks" / hook
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\necho '{words}'\nexit 1\n")
    place.chmod(0o755)


@pytest.mark.parametrize("hook", ["pre-receive", "update"])
@pytest.mark.parametrize("words", ["Tags are protected here.", "tag already exists, rejected: cannot lock ref"])
def test_a_refusal_is_told_in_the_remotes_words(hook: str, words: str, command: list[str], lab: Lab, kit: Kit) -> None:
    before = state(lab)
    refuse(lab, hook, words)
    code, _, err = kit(*command)
    assert code == 1
    assert err.count("\n") == 1
    assert words in err
    assert "faster" not in err
    assert "nothing was kept" in err
    assert state(lab) == before


def test_a_refusal_without_a_hook_is_no_race(command: list[str], lab: Lab, kit: Kit) -> None:
    before = state(lab)
    run_git(lab.root.parent / "origin.git", "config", "receive.hideRefs", "refs/tags", elsewhere=True)
    code, _, err = kit(*command)
    assert code == 1
    assert "faster" not in err
    assert "origin refused it (" in err
    assert state(lab) == before


def pushing(monkeypatch: pytest.MonkeyPatch, act: Callable[[tuple[str, ...]], GitOutput]) -> None:
    """Stand in for `git push`."""

    def run(folder: Path, *arguments: str, **others: object) -> GitOutput:
        return act(arguments) if arguments[0] == "push" else run_git(folder, *arguments, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "run_git", run)


def test_a_push_that_got_through_though_its_answer_was_lost_is_done(
    command: list[str], lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def push(arguments: tuple[str, ...]) -> GitOutput:
        run_git(lab.root, *arguments)
        return GitOutput(1, b"", b"error: the connection broke")

    pushing(monkeypatch, push)
    assert kit(*command)[0] == 0
    assert tags(lab) == shared(lab)


def test_where_the_remote_cannot_be_asked_nothing_is_claimed_of_it(
    command: list[str], lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(lab)

    def push(arguments: tuple[str, ...]) -> GitOutput:
        os.rename(lab.root.parent / "origin.git", lab.root.parent / "away.git")
        return GitOutput(128, b"", b"fatal: the network is down")

    pushing(monkeypatch, push)
    code, _, err = kit(*command)
    os.rename(lab.root.parent / "away.git", lab.root.parent / "origin.git")
    assert code == 1
    assert "the network is down" in err
    assert "whether origin has it cannot be asked; nothing was kept here" in err
    assert state(lab) == before


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_pointer_that_cannot_be_written_leaves_no_tag(
    promotion: list[str], lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(lab)
    with monkeypatch.context() as patch:
        patch.setattr(edits.os, "replace", full)
        code, _, err = kit(*promotion)
    assert code == 1
    assert err.startswith("kit: data/production.dvc: cannot be written")
    assert err.endswith("nothing was changed\n")
    assert state(lab) == before


@pytest.mark.parametrize("error", ["GTOException", "RuntimeError", "KeyboardInterrupt"])
def test_whatever_stops_it_the_pointer_stays(
    error: str, promotion: list[str], lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gto.api
    from gto.exceptions import GTOException

    raised = {
        "GTOException": GTOException("no"),
        "RuntimeError": RuntimeError(),
        "KeyboardInterrupt": KeyboardInterrupt(),
    }
    made = gto.api.assign

    def assign(*arguments: object, **others: object) -> None:
        made(*arguments, **others)
        raise raised[error]

    before = state(lab)
    monkeypatch.setattr(gto.api, "assign", assign)
    assert kit(*promotion)[0] != 0
    assert state(lab) == before
