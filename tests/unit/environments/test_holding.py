"""Who uses an environment holds it; who dies holds nothing."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock, Timeout
from places import SOURCE

from kit.environments.environment import Environment
from kit.environments.holding import in_use, is_used, unused

HOLDS = """
import sys
from pathlib import Path
from kit.environments.environment import Environment
from kit.environments.holding import in_use
with in_use(Environment("0123", Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment("0123", tmp_path / "0123")


@pytest.fixture
def holder(environment: Environment) -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses the environment until its input ends."""
    command = [sys.executable, "-c", HOLDS, str(environment.path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    variables = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    with subprocess.Popen(command, env=variables, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_what_another_process_uses_is_nobodys_alone(environment: Environment, holder: "subprocess.Popen[str]") -> None:
    with pytest.raises(Timeout), unused(environment, wait=False):
        pass
    assert is_used(environment)


def test_a_process_that_is_killed_uses_nothing(environment: Environment, holder: "subprocess.Popen[str]") -> None:
    holder.kill()
    holder.wait()
    assert not is_used(environment)


def test_many_may_use_it(environment: Environment, holder: "subprocess.Popen[str]") -> None:
    with in_use(environment), in_use(environment):
        assert is_used(environment)


def test_a_user_waits_for_who_changes_it(environment: Environment) -> None:
    began = threading.Event()

    def use() -> None:
        with in_use(environment):
            began.set()

    with unused(environment):
        user = threading.Thread(target=use)
        user.start()
        assert not began.wait(0.2)
    user.join()
    assert began.is_set()


def test_the_kit_of_release_0_2_keeps_off_what_is_used(environment: Environment) -> None:
    """It takes an exclusive lock of the same file before it replaces or removes an environment."""
    with in_use(environment), pytest.raises(Timeout):
        FileLock(environment.path.with_name("0123.lock"), blocking=False).acquire()


def test_a_cache_that_cannot_be_written_to_can_be_used(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with in_use(environment):
        assert not environment.path.with_name("0123.lock").exists()
