"""What can be known to be wrong without running anything."""

from collections.abc import Iterator

from kit.checks.card import card_findings
from kit.checks.code import code_findings
from kit.checks.data import data_findings, remote_findings
from kit.checks.module import module_findings
from kit.checks.owners import owner_findings
from kit.checks.pipeline import pipeline_findings
from kit.checks.stage import stage_findings
from kit.checks.versions import version_findings
from kit.errors import KitError
from kit.formats.documents import read_text
from kit.project.diagnostic import ERROR, Finding, finding_of
from kit.project.mermaid import mermaid, with_graph
from kit.project.project import Project
from kit.project.view import View


def findings(project: Project) -> list[Finding]:
    """Every mistake in a project, each once, in the order of files and lines."""
    view = View(project)
    found = list(_all_findings(view))
    if not any(finding.file == "dvc.yaml" and finding.level == ERROR for finding in found):
        found += graph_findings(view)
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.file, finding.line, finding.message))


def _all_findings(view: View) -> Iterator[Finding]:
    for path in sorted(view.project.contracts.glob("*.yaml")):
        if isinstance(problem := view.contract(path.stem), KitError):
            yield finding_of(problem, view.project)
    for name in view.project.module_names():
        yield from module_findings(view, name)
        yield from card_findings(view, name)
        yield from code_findings(view, name)
    for stage in view.stages:
        yield from stage_findings(view, stage)
    yield from view.problems
    yield from pipeline_findings(view)
    yield from data_findings(view)
    yield from remote_findings(view)
    yield from owner_findings(view)
    yield from version_findings(view)


def graph_findings(view: View) -> Iterator[Finding]:
    """README.md shows the pipeline as it is."""
    try:
        text = read_text(view.project.root / "README.md", "README.md")
    except KitError as error:
        yield finding_of(error, view.project)
        return
    if view.pipeline and not view.problems and with_graph(text, mermaid(view.pipeline)) != text:
        yield Finding("README.md", 1, "shows an old module graph; run `kit graph --write`")
