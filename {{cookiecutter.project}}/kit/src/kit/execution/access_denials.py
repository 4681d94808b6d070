"""Explain what the sandbox denied, from the end of what the module's process printed."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from kit.dvc.config import cache_folder
from kit.execution.process import ProcessResult
from kit.execution.sandbox import Sandbox
from kit.project.module import Module
from kit.project.project import Project
from kit.project.stage import Stage

DENIED = re.compile(r"permission denied|errno 13\b|errno = 13\b|os error 13\b", re.IGNORECASE)
# Some readers report this for every file that they cannot open.
MISSING = re.compile(r"no such file|not found|does not exist", re.IGNORECASE)
UNREACHABLE = re.compile(r"(?:could not|couldn't|failed to|cannot) (?:connect|resolve)|name resolution", re.IGNORECASE)
QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"|`([^`]+)`")
PUNCTUATION = ":;,.()[]'\""
# Of a line in which a path with spaces is looked for; each pair of them is tried.
MOST_WORDS = 60
NO_NETWORK = "a module has no network unless its module.yaml says `resources: {network: true}`"


def explanation(
    project: Project, stage: Stage, module: Module, sandbox: Sandbox, scratch: Path, result: ProcessResult
) -> str | None:
    """What was denied, and the line that would allow it; None if nothing was."""
    if not sandbox.abi:
        return None
    lines = [line for line in reversed(result.errors.splitlines()) if DENIED.search(line) or MISSING.search(line)]
    denied = [line for line in lines if DENIED.search(line)]
    bases = (scratch, project.root)
    found = [path for line in lines for path in paths_in(line, bases) if line in denied or os.path.lexists(path)]
    for path in found:
        if is_write(project, sandbox, path, result.report):
            return (
                f"{module.label}: was stopped from writing {label(project, path)}; it may write its outputs and, in its"
                " working directory or with tempfile, temporary files"
            )
        if not sandbox.grants(path.resolve(), "read", "update", "write"):
            return f"{module.label}: was stopped from reading {label(project, path)}{remedy(project, stage, path)}"
    if result.code == 0:
        return None  # the rest is guessed from words, which a module may print for other reasons
    addresses = result.report.get("connections")
    if not sandbox.network and denied and addresses:
        return f"{module.label}: was stopped from connecting to {addresses[-1]}; {NO_NETWORK}"
    if not sandbox.network and UNREACHABLE.search(result.errors):
        return f"{module.label}: could not use the network; {NO_NETWORK}"
    if denied:
        return (
            f"{module.label}: was stopped from reaching something that stage {stage.name} does not declare: {denied[0]}"
        )
    return None


def paths_in(line: str, bases: Sequence[Path]) -> Iterator[Path]:
    """The paths in an error message that exist, or could be created.

    Relative paths count from each of the bases; paths in the first one, the module's own, were not denied.
    """
    quoted = [next(filter(None, groups)) for groups in QUOTED.findall(line)]
    words = [word.strip(PUNCTUATION) for word in line.split()]
    for base, word in product(bases, filter(None, [*quoted, *phrases_in(line, bases), *words])):
        path = Path(os.path.normpath(base / word.replace("\0", "")))
        if path.is_relative_to(bases[0]) or path in bases:
            continue
        try:
            if os.path.lexists(path) or ("/" in word and path.parent.is_dir()):
                yield path
        except OSError:
            continue


def phrases_in(line: str, bases: Sequence[Path]) -> Iterator[str]:
    """What of several words, as long as can be, is the path of something that exists: many programs quote no path."""
    words = line.split(" ")[:MOST_WORDS]
    for start, end in ((a, b) for a in range(len(words)) for b in range(len(words), a + 1, -1)):
        phrase = " ".join(words[start:end]).strip(PUNCTUATION)
        if "/" in phrase and any(_exists(base / phrase) for base in bases):
            yield phrase
            return


def _exists(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def is_write(project: Project, sandbox: Sandbox, path: Path, report: Mapping[str, Any]) -> bool:
    """Whether a denied access can only have been an attempt to write."""
    if sandbox.grants(path.resolve(), "update", "write"):
        return False
    if not os.path.lexists(path) or str(path) in report.get("writes", []):
        return True
    # It can be read. A path outside the project is then more likely the name of the program that reports the error.
    readable = sandbox.grants(path.resolve(), "read") and os.access(path, os.W_OK)
    return readable and path.is_relative_to(project.root)


def label(project: Project, path: Path) -> str:
    """A path as users of the project write it."""
    return path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else str(path)


def remedy(project: Project, stage: Stage, path: Path) -> str:
    """What to do about a read that was stopped."""
    name = label(project, path)
    if path.is_relative_to(cache_folder(project.root)):
        return ": DVC's cache is not for modules; add the file that it is a copy of to deps in dvc.yaml"
    if any(name.startswith(f"{dep}/") for dep in stage.deps):
        return f": it leads out of its folder, to {path.resolve()}; put a copy of the file in its place"
    if name.startswith(f"modules/{stage.module}/"):
        return ": .dvcignore leaves it out of the stage's hash; move what run() needs to another file"
    if path.is_relative_to(project.root):
        lines = f"add the line `- {name}` to its deps in dvc.yaml, and a port to modules/{stage.module}/module.yaml"
        return f", which stage {stage.name} does not declare; {lines}"
    add = f"copy it to data/raw, `dvc add` it and add the line `- data/raw/{path.name}` to deps in dvc.yaml"
    return f", which is outside the project; {add}"
