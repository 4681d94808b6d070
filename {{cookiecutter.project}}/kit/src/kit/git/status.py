"""The commit of the code, and what differs from it."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.git.command import run_git

CHANGES_KEPT = 20


def description(root: Path, written: Collection[str]) -> dict[str, Any] | None:
    """Commit, whether the tree was dirty, and the first changed files; None outside Git.

    Files that the pipeline itself writes do not make a tree dirty: dvc.lock, and the outs in `written`.
    """
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD").strip()
        listing = _git(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", ".")
        top = _git(root, "rev-parse", "--show-prefix").strip()
    except KitError:
        return None
    changed = [entry[3:].removeprefix(top) for entry in listing.split("\0") if entry]
    changed = [path for path in changed if path not in ("dvc.lock", *written) and not path.startswith(".kit/")]
    return {"commit": commit, "dirty": bool(changed), "changed": changed[:CHANGES_KEPT]}


def _git(root: Path, *arguments: str) -> str:
    done = run_git(root, *arguments)
    if done.exit_status:
        raise KitError(f"git {arguments[0]}: {done.message}")
    return done.text
