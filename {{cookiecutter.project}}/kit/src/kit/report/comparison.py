"""Experiments in comparison: their metrics, and the parameters in which they differ from the revision."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from kit.formats.flat import equal, flat, short_text
from kit.lineage import History, Revision, metrics_of

SHOWN, COLUMNS = 100, 8


@dataclass(frozen=True)
class Line:
    """One revision or experiment: numbers by metric, settings by name."""

    name: str
    metrics: dict[str, float]
    settings: dict[str, Any]


def line_of(history: History, revision: Revision, name: str) -> Line:
    settings = {key: value for run in revision.lock.values() for key, value in flat(run.settings)}
    return Line(name, metrics_of(history, revision), settings)


def experiments(history: History) -> tuple[list[Line], int]:
    """The newest experiments, and how many there are."""
    refs = {ref.commit: ref for ref in history.repository.refs if ref.kind == "experiment"}
    newest = sorted(refs, key=lambda commit: -history.commits[commit].time if commit in history.commits else 0)
    return [line_of(history, history.at(commit), refs[commit].label) for commit in newest[:SHOWN]], len(refs)


def table(base: Line, lines: Sequence[Line]) -> str:
    """One row each; the first metrics, and the settings that differ from the base."""
    metrics = list(dict.fromkeys(name for line in (base, *lines) for name in line.metrics))[:COLUMNS]
    head = "".join(f"<th>{escape(name.rpartition(':')[2])}</th>" for name in metrics)
    rows = [f'<tr><th>experiment</th><th class="wide">differs in</th>{head}</tr>']
    for line in (base, *lines):
        numbers = "".join(f"<td>{number(line.metrics.get(name))}</td>" for name in metrics)
        differs = "" if line is base else ", ".join(_differences(base, line)) or "nothing"
        name = f'<th scope="row">{escape(line.name)}</th>'
        rows.append(f'<tr>{name}<td class="wide">{escape(differs)}</td>{numbers}</tr>')
    return f'<div class="scroll"><table>{"".join(rows)}</table></div>'


def _differences(base: Line, line: Line) -> list[str]:
    settings = base.settings | line.settings
    names = [name for name in settings if not equal(base.settings.get(name), line.settings.get(name))]
    swapped = [name for name in names if name.startswith("slots.")]
    modules = {str(side.settings.get(name)) for name in swapped for side in (base, line)}
    kept = [name for name in names if name.partition(".")[0] not in modules]
    return [f"{name}={short_text(line.settings.get(name))}" for name in kept]


def number(value: float | None, digits: int = 4) -> str:
    """A metric, which may be a yes or no."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"{value:.{digits}g}"
