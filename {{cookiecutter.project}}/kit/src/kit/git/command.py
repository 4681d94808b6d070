"""Start git with the same environment everywhere, without prompts, and with one error if it is missing."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from kit.errors import KitError

GitProcess: TypeAlias = "subprocess.Popen[bytes]"
# Missing objects of a partial clone are not fetched, no optional lock blocks another git command, nobody is asked for
# a password, replace refs do not change what objects contain, and messages are in English.
ALWAYS = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
# What a Git hook has set for its own repository (git rev-parse --local-env-vars, without configuration).
OF_A_REPOSITORY = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
    *("GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE"),
}


@dataclass(frozen=True)
class GitOutput:
    """The outcome of a git command: its exit status, standard output and standard error."""

    exit_status: int
    data: bytes
    errors: bytes

    @property
    def text(self) -> str:
        return self.data.decode(errors="surrogateescape")

    @property
    def message(self) -> str:
        """Its standard error on one line."""
        return " ".join(self.errors.decode(errors="replace").split())


def run_git(folder: Path, *arguments: str, given: str | None = None, elsewhere: bool = False) -> GitOutput:
    """Run git in a folder; `elsewhere`: in another repository than that of the Git hook that may have called the kit.

    Raises:
        KitError: Git is missing.
    """
    data = (given or "").encode(errors="surrogateescape")
    variables = _variables(elsewhere)
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, input=data, capture_output=True, env=variables)
    except FileNotFoundError as error:
        raise _missing(error) from None
    return GitOutput(done.returncode, done.stdout, done.stderr)


def start_git(folder: Path, *arguments: str) -> GitProcess:
    """Start a git command that answers requests.

    Raises:
        KitError: Git is missing.
    """
    pipe, variables = subprocess.PIPE, _variables(elsewhere=False)
    try:
        return subprocess.Popen(
            ["git", *arguments], cwd=folder, env=variables, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise _missing(error) from None


def _variables(elsewhere: bool) -> dict[str, str]:
    hidden = OF_A_REPOSITORY if elsewhere else set()
    return {name: value for name, value in os.environ.items() if name not in hidden} | ALWAYS


def _missing(error: FileNotFoundError) -> Exception:
    """The missing file may be the folder to run in."""
    if error.filename != "git":
        return error
    return KitError("git is not installed or not on PATH; install Git")
