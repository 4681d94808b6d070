"""What can be known to be wrong without running anything."""

from collections.abc import Iterator
from dataclasses import dataclass

from kit.errors import KitError
from kit.graph import mermaid, with_graph
from kit.lock import is_current, read_lock
from kit.module import REQUIRED_FILES, load_module
from kit.pipeline import Pipeline
from kit.project import Project


@dataclass(frozen=True)
class Finding:
    """A mistake: the file it is in, and what is wrong and how to mend it."""

    file: str
    message: str


def findings(project: Project) -> Iterator[Finding]:
    """Every mistake in a project."""
    for name in project.module_names():
        yield from module_findings(project, name)
    yield from graph_findings(project)


def module_findings(project: Project, name: str) -> Iterator[Finding]:
    """A module's folder has all its files, and a lock that is pinned, hashed and current."""
    folder, shown = project.modules / name, f"modules/{name}"
    missing = [file for file in REQUIRED_FILES if not (folder / file).is_file()]
    for file in missing:
        yield Finding(f"{shown}/{file}", f"is missing; {REQUIRED_FILES[file]}")
    if {"module.yaml", "requirements.in", "requirements.txt"} & set(missing):
        return
    try:
        module = load_module(project, name)
        read_lock(module.lock, f"{shown}/requirements.txt")
    except KitError as error:
        file, _, message = str(error).partition(": ")
        yield Finding(file, message)
        return
    if not is_current(folder, module.python):
        yield Finding(f"{shown}/requirements.txt", f"is out of date; run `kit lock {name}`")


def graph_findings(project: Project) -> Iterator[Finding]:
    """The pipeline can be read, and README.md shows it as it is."""
    try:
        graph = mermaid(Pipeline(project))
    except KitError as error:
        file, _, message = str(error).partition(": ")
        yield Finding(file, message)
        return
    readme = project.root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if with_graph(text, graph) != text:
        yield Finding("README.md", "shows an old module graph; run `kit graph --write`")
