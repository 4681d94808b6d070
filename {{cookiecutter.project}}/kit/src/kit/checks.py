"""What can be known to be wrong without running anything."""

from collections.abc import Iterator
from dataclasses import dataclass

from kit.contracts import load_contract
from kit.errors import KitError
from kit.graph import mermaid, with_graph
from kit.lock import is_current, read_lock
from kit.module import REQUIRED_FILES, check_params, load_module
from kit.pipeline import Pipeline, Stage
from kit.ports import wire
from kit.project import Project


@dataclass(frozen=True)
class Finding:
    """A mistake: the file it is in, and what is wrong and how to mend it."""

    file: str
    message: str


def findings(project: Project) -> Iterator[Finding]:
    """Every mistake in a project, each once."""
    return iter(dict.fromkeys(_all_findings(project)))


def _all_findings(project: Project) -> Iterator[Finding]:
    for name in project.module_names():
        yield from module_findings(project, name)
    try:
        pipeline = Pipeline(project)
        for stage in pipeline.stages():
            if stage.module:
                yield from stage_findings(project, stage)
        yield from graph_findings(project, mermaid(pipeline))
    except KitError as error:
        yield finding_of(error)


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
        if not is_current(folder, module.python):
            yield Finding(f"{shown}/requirements.txt", f"is out of date; run `kit lock {name}`")
    except KitError as error:
        yield finding_of(error)


def stage_findings(project: Project, stage: Stage) -> Iterator[Finding]:
    """A stage's module exists, its ports have files, its parameters are right and its contracts can be read."""
    try:
        module = load_module(project, stage.module)
        wire(stage, module)
        check_params(module, stage.params)
        for type_name in {*module.inputs.values(), *module.outputs.values()}:
            load_contract(project, type_name)
    except KitError as error:
        yield finding_of(error)


def graph_findings(project: Project, graph: str) -> Iterator[Finding]:
    """README.md shows the pipeline as it is."""
    readme = project.root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if with_graph(text, graph) != text:
        yield Finding("README.md", "shows an old module graph; run `kit graph --write`")


def finding_of(error: KitError) -> Finding:
    """A KitError names the file first."""
    file, _, message = str(error).partition(": ")
    return Finding(file, message)
