"""What would be lost with a folder: files that Git could not restore as they are."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kit.git.command import run_git

NOT_COMMITTED = "is not committed"
IGNORED = "is ignored by .gitignore"
UNWATCHED = "is hidden from Git (git update-index)"


def unsaved(root: Path, folder: str) -> Iterator[tuple[str, str]]:
    """(path, why Git does not have it), for each file that is not the same at HEAD; bytecode is left out.

    Outside Git, and before the first commit, the folder itself is named.
    """
    if run_git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").exit_status:
        yield folder, NOT_COMMITTED
        return
    ignored = set(_paths(root, folder, "ls-files", "--others", "--ignored", "--exclude-standard", "-z"))
    for path in _paths(root, folder, "ls-files", "--others", "-z"):
        if not _is_bytecode(path):
            yield path, IGNORED if path in ignored else NOT_COMMITTED
    for path in _paths(root, folder, "diff", "--name-only", "--relative", "--no-renames", "-z", "HEAD"):
        yield path, NOT_COMMITTED
    for line in _paths(root, folder, "ls-files", "-v", "-z"):
        tag, path = line.split(" ", 1)
        if (tag.islower() or tag == "S") and (root / path).exists():
            yield path, UNWATCHED


def committed_text(root: Path, path: str) -> str:
    """A file's text at HEAD; empty if there is none."""
    return run_git(root, "show", f"HEAD:./{path}").text


def _paths(root: Path, folder: str, *command: str) -> list[str]:
    done = run_git(root, "--literal-pathspecs", *command, "--", folder)
    return [path for path in done.text.split("\0") if path]


def _is_bytecode(path: str) -> bool:
    place = PurePosixPath(path)
    return place.parent.name == "__pycache__" and place.suffix == ".pyc"
