"""Mistakes that can be found without running anything."""

from collections.abc import Iterator

from kit.checks.card import card_diagnostics
from kit.checks.code import code_diagnostics
from kit.checks.data import data_diagnostics, remote_diagnostics
from kit.checks.module import module_diagnostics
from kit.checks.owners import owner_diagnostics
from kit.checks.pipeline import pipeline_diagnostics
from kit.checks.stage import stage_diagnostics
from kit.checks.versions import version_diagnostics
from kit.errors import KitError
from kit.formats.documents import read_text
from kit.project.diagnostic import ERROR, Diagnostic, diagnostic_of
from kit.project.mermaid import mermaid, with_graph
from kit.project.project import Project
from kit.project.view import View


def diagnostics(project: Project) -> list[Diagnostic]:
    """Every mistake in a project, each once, in the order of files and lines."""
    view = View(project)
    found = list(_all_diagnostics(view))
    if not any(diagnostic.file == "dvc.yaml" and diagnostic.level == ERROR for diagnostic in found):
        found += graph_diagnostics(view)
    return sorted(dict.fromkeys(found), key=lambda diagnostic: (diagnostic.file, diagnostic.line, diagnostic.message))


def _all_diagnostics(view: View) -> Iterator[Diagnostic]:
    for path in sorted(view.project.contracts.glob("*.yaml")):
        if isinstance(problem := view.contract(path.stem), KitError):
            yield diagnostic_of(problem, view.project)
    for name in view.project.module_names():
        yield from module_diagnostics(view, name)
        yield from card_diagnostics(view, name)
        yield from code_diagnostics(view, name)
    for stage in view.stages:
        yield from stage_diagnostics(view, stage)
    yield from view.problems
    yield from pipeline_diagnostics(view)
    yield from data_diagnostics(view)
    yield from remote_diagnostics(view)
    yield from owner_diagnostics(view)
    yield from version_diagnostics(view)


def graph_diagnostics(view: View) -> Iterator[Diagnostic]:
    """Whether README.md shows the current module graph."""
    try:
        text = read_text(view.project.root / "README.md", "README.md")
    except KitError as error:
        yield diagnostic_of(error, view.project)
        return
    if view.pipeline and not view.problems and with_graph(text, mermaid(view.pipeline)) != text:
        yield Diagnostic("README.md", 1, "shows an old module graph; run `kit graph --write`")
