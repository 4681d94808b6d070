"""What can be known to be wrong without running anything."""

from collections.abc import Iterator

from kit.checks.card import card_findings
from kit.checks.code import code_findings
from kit.checks.finding import Finding, finding_of
from kit.checks.module import module_findings
from kit.checks.pipeline import pipeline_findings
from kit.checks.stage import stage_findings
from kit.checks.view import View
from kit.contracts import load_contract
from kit.errors import KitError
from kit.graph import mermaid, with_graph
from kit.pipeline import Pipeline
from kit.project import Project


def findings(project: Project) -> list[Finding]:
    """Every mistake in a project, each once, in the order of files and lines."""
    return sorted(dict.fromkeys(_all_findings(project)), key=lambda found: (found.file, found.line, found.message))


def _all_findings(project: Project) -> Iterator[Finding]:
    for path in sorted(project.contracts.glob("*.yaml")):
        try:
            load_contract(project, path.stem)
        except KitError as error:
            yield finding_of(error, project)
    try:
        view = View(project, Pipeline(project))
    except KitError as error:
        yield finding_of(error, project)
        view = View(project, None)
    for name in project.module_names():
        yield from module_findings(project, name)
        yield from card_findings(view, name)
        yield from code_findings(project, name)
    if view.pipeline:
        for stage in view.stages:
            yield from stage_findings(view, stage)
        yield from view.problems
        yield from pipeline_findings(view)
        yield from graph_findings(project, view)


def graph_findings(project: Project, view: View) -> Iterator[Finding]:
    """README.md shows the pipeline as it is."""
    readme = project.root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if view.pipeline and not view.problems and with_graph(text, mermaid(view.pipeline)) != text:
        yield Finding("README.md", 1, "shows an old module graph; run `kit graph --write`")
