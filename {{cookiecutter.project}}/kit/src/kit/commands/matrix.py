"""`kit matrix [SLOT…]`: which modules fit which slot, and with --measure how good every combination is."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from math import isnan

from kit.errors import KitError
from kit.experiments import measure
from kit.experiments.fits import UNKNOWN, Fit, combinations, fits
from kit.experiments.measure import Outcome
from kit.formats.markdown import table
from kit.git.files import WorkingFiles
from kit.project.project import Project, find_project
from kit.project.settings import pyproject
from kit.project.view import View

TABLE = "docs/matrix.md"


def main(arguments: Namespace) -> int:
    project = find_project()
    found = fits(View(project))
    choices = combinations(found, arguments.slots)
    print("\n".join(table([["slot", "module", "version", "fits"], *map(_shown, found)])))
    if not arguments.measure:
        return 0
    if not choices:
        fitting = {fit.slot for fit in found if not fit.problem}
        slots = ", ".join(dict.fromkeys(fit.slot for fit in found if fit.slot not in fitting | {UNKNOWN}))
        raise KitError(f"slot {slots}: no module fits, so there is nothing to measure; see the table")
    metric, verdict = settings(project)
    measure.run(project, choices)
    measured = measure.outcomes(project, choices, metric, verdict)
    lines = list(report(measured, found, metric))
    print("\n" + "\n".join(lines[2:]))
    (project.root / TABLE).parent.mkdir(exist_ok=True)
    (project.root / TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"\nwritten to {TABLE}")
    return 0


def settings(project: Project) -> tuple[str, str]:
    """FILE:KEY of the metric and of the verdict, from pyproject.toml.

    Raises:
        KitError: they are not there.
    """
    chosen = pyproject(WorkingFiles(project.root), "tool", "kit", "matrix")
    if not {"metric", "verdict"} <= set(chosen):
        raise KitError('[tool.kit.matrix] needs metric = "FILE:KEY" and verdict = "FILE:KEY"', "pyproject.toml")
    return chosen["metric"], chosen["verdict"]


def report(measured: Sequence[Outcome], found: Sequence[Fit], metric: str) -> Iterator[str]:
    """The page: the best combination first."""
    yield "# Modules measured together"
    yield ""
    slots = list(measured[0].choice) if measured else []
    ranked = sorted(measured, key=_rank)
    rows = [[*outcome.choice.values(), _number(outcome.metric, 3), _number(outcome.seconds, 1), outcome.verdict]
            for outcome in ranked]  # fmt: skip
    yield from table([[*slots, metric.rpartition(":")[2], "seconds", "verdict"], *rows])
    yield ""
    yield "Made by `kit matrix --measure`. Seconds are those of every stage's process when it ran, restored or not."
    for fit in found:
        if fit.problem:
            yield f"\n{fit.module} does not fit slot {fit.slot} as it is wired: {fit.problem}."


def _rank(outcome: Outcome) -> tuple[bool, float]:
    """The highest metric first; those without one, or with one that is not a number, last."""
    unknown = outcome.metric is None or isnan(outcome.metric)
    return unknown, 0.0 if unknown else -(outcome.metric or 0.0)


def _shown(fit: Fit) -> list[str]:
    chosen = "yes, chosen" if fit.chosen else "yes"
    return [fit.slot, fit.module, fit.version, f"no: {fit.problem}" if fit.problem else chosen]


def _number(value: float | None, digits: int) -> str:
    return "unknown" if value is None else f"{value:.{digits}f}"
