"""Start git: the same environment, no questions and one error for all."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from kit.errors import KitError

GitProcess: TypeAlias = "subprocess.Popen[bytes]"
# Nothing is fetched that a partial clone lacks, no lock stands in the way of another git command, nobody is asked for a
# password on a terminal that nobody watches, objects are what their ids say, and messages are in one language.
ALWAYS = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
# What a Git hook has set for its own repository (git rev-parse --local-env-vars, less configuration).
OF_A_REPOSITORY = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
    *("GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE"),
}


@dataclass(frozen=True)
class GitOutput:
    """What a git command left: its exit status, what it printed, and what it said on standard error."""

    exit_status: int
    data: bytes
    errors: bytes

    @property
    def text(self) -> str:
        return self.data.decode(errors="surrogateescape")

    @property
    def message(self) -> str:
        """What it said on standard error, on one line."""
        return " ".join(self.errors.decode(errors="replace").split())


def run_git(folder: Path, *arguments: str, given: str | None = None, elsewhere: bool = False) -> GitOutput:
    """Run git in a folder; `elsewhere`: in another repository than the one that a Git hook may have been called for.

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
    """The folder to run in may be what is missing."""
    if error.filename != "git":
        return error
    return KitError("git is not installed or not on PATH; install Git")
