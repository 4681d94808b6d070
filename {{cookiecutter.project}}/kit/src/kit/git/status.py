"""Which commit the code is of, and what differs from it."""

import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

CHANGES_KEPT = 20


def description(root: Path, written: Collection[str]) -> dict[str, Any] | None:
    """Commit, whether the tree was dirty, and the first changed files; None outside Git.

    What the pipeline itself writes makes no tree dirty: dvc.lock, and the outs that `written` names.
    """
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD").strip()
        # Without its optional lock, git status never stands in the way of another git command.
        status = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", "."]
        listing = _git(root, "--no-optional-locks", *status)
        top = _git(root, "rev-parse", "--show-prefix").strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    changed = [entry[3:].removeprefix(top) for entry in listing.split("\0") if entry]
    changed = [path for path in changed if path not in ("dvc.lock", *written) and not path.startswith(".kit/")]
    return {"commit": commit, "dirty": bool(changed), "changed": changed[:CHANGES_KEPT]}


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout
