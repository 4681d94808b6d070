"""Which modules differ from another revision, according to Git."""

from pathlib import PurePosixPath

from kit.errors import KitError
from kit.git.command import run_git
from kit.project.project import Project


def changed_modules(project: Project, base: str) -> list[str]:
    """The modules with a file that differs from the merge base with `base`, committed or not; without deleted modules.

    Raises:
        KitError: there is no such revision, or the clone is too shallow.
    """
    fork = _git(project, "merge-base", "--", base, "HEAD").strip()
    differing = _git(project, "diff", "--name-only", "--relative", "-z", fork, "--", "modules")
    new = _git(project, "ls-files", "--others", "--exclude-standard", "-z", "--", "modules")
    paths = (PurePosixPath(path).parts for path in (differing + new).split("\0") if path)
    here = set(project.module_names())
    return sorted({parts[1] for parts in paths if len(parts) > 2} & here)


def _git(project: Project, *arguments: str) -> str:
    done = run_git(project.root, *arguments)
    if done.exit_status:
        reason = done.message or "it has no history in common with HEAD"
        raise KitError(f"{arguments[-2] if arguments[0] == 'merge-base' else 'git'}: {reason}; fetch the whole history")
    return done.text
