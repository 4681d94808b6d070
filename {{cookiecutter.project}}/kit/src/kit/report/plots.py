"""The plots of dvc.yaml as inline SVG and tables, from the data of one revision."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any

import yaml

from kit.formats import yaml12
from kit.lineage import History, Revision, content_of, result_at

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 420, 260, 44, 36, 8
POINTS, CLASSES = 2000, 30
Row = Mapping[str, str]


@dataclass(frozen=True)
class Series:
    """Lines of one plot: a label, and the file's columns that it draws."""

    label: str
    path: str
    x: str
    y: str


@dataclass(frozen=True)
class Plot:
    """A plot of dvc.yaml; `confusion` counts pairs of x and y instead of drawing a line."""

    title: str
    series: tuple[Series, ...]
    confusion: bool = False


def plots(history: History, revision: Revision) -> Iterator[str]:
    """Each plot as a figure; if its data is not on this machine, a line says so."""
    for plot in declared(revision):
        data = {series: rows(history, revision, series.path) for series in plot.series}
        missing = [series.path for series, found in data.items() if not found]
        if missing:
            body = f"<p>{escape(', '.join(missing))}: not on this machine</p>"
        elif plot.confusion:
            body = _confusion(plot.series[0], data[plot.series[0]] or [])
        else:
            body = _lines(data)
        yield f"<figure><figcaption>{escape(plot.title)}</figcaption>{body}</figure>"


def declared(revision: Revision) -> list[Plot]:
    """Those of the stages, then those of the whole pipeline."""
    try:
        document = yaml12.load((revision.files.read("dvc.yaml") or b"").decode())
        stages = document["stages"].values()
        listed = document.get("plots") or []
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError):
        return []
    found = [plot for stage in stages if isinstance(stage, dict) for plot in _of_stage(stage)]
    entries = listed.items() if isinstance(listed, dict) else [pair for entry in listed for pair in _pairs(entry)]
    return found + [plot for name, entry in entries if (plot := _of_pipeline(str(name), entry))]


def _pairs(entry: Any) -> list[tuple[Any, Any]]:
    return list(entry.items()) if isinstance(entry, dict) else [(entry, {})]


def _of_stage(stage: Mapping[str, Any]) -> Iterator[Plot]:
    for path, options in (pair for entry in stage.get("plots") or [] for pair in _pairs(entry)):
        if isinstance(options, dict) and "x" in options and "y" in options:
            series = Series(str(options["y"]), str(path), str(options["x"]), str(options["y"]))
            confusion = str(options.get("template", "")).startswith("confusion")
            yield Plot(str(options.get("title", path)), (series,), confusion)


def _of_pipeline(name: str, entry: Any) -> Plot | None:
    """x is a column, y maps a file to a column or several (dvc.org/doc/user-guide/project-structure/dvcyaml-files)."""
    if not isinstance(entry, dict) or not isinstance(entry.get("x"), str) or not isinstance(entry.get("y"), dict):
        return None
    columns = [(path, y if isinstance(y, list) else [y]) for path, y in entry["y"].items()]
    series = [Series(str(path), str(path), entry["x"], str(y)) for path, ys in columns for y in ys]
    return Plot(str(entry.get("title", name)), tuple(series))


def rows(history: History, revision: Revision, path: str) -> list[Row] | None:
    """The table in a CSV, TSV or JSON file; None if it is not on this machine."""
    artifact = result_at(revision, path)
    data = content_of(history, revision, artifact) if artifact else None
    if data is None:
        return None
    try:
        if path.endswith(".json"):
            found = json.loads(data)
            return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
        return list(csv.DictReader(io.StringIO(data.decode()), delimiter="\t" if path.endswith(".tsv") else ","))
    except (ValueError, csv.Error):
        return []


def _lines(data: Mapping[Series, Sequence[Row] | None]) -> str:
    points = {series: _points(series, found or ())[:POINTS] for series, found in data.items()}
    everything = [point for found in points.values() for point in found]
    if not everything:
        return "<p>no numbers in these columns</p>"
    (x0, x1), (y0, y1) = (_range([point[axis] for point in everything]) for axis in (0, 1))

    def place(x: float, y: float) -> str:
        across = LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - 10)
        return f"{across:.1f},{TOP + (y1 - y) / (y1 - y0) * (HEIGHT - BOTTOM - TOP):.1f}"

    first = next(iter(data))
    parts = [f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(first.y, quote=True)}">']
    parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - 10}"/>')
    for number, found in enumerate(points.values()):
        parts.append(f'<polyline class="series s{number % 6}" points="{" ".join(place(*point) for point in found)}"/>')
        parts += (f'<circle class="s{number % 6}" r="3" cx="{x}" cy="{y}"/>' for x, y in _dots(found, place))
    parts += _ticks(x0, x1, y0, y1)
    middle = (LEFT + WIDTH) / 2
    parts.append(f'<text x="{middle:g}" y="{HEIGHT - 6}" text-anchor="middle">{escape(first.x)}</text></svg>')
    legend = "".join(
        f'<li class="s{number % 6}">{escape(series.label)}: {escape(series.y)}</li>'
        for number, series in enumerate(points)
    )
    return "".join(parts) + f'<ul class="legend">{legend}</ul>'


def _points(series: Series, found: Sequence[Row]) -> list[tuple[float, float]]:
    """The rows in which both columns are finite numbers."""
    points = []
    for row in found:
        try:
            points.append((float(row[series.x]), float(row[series.y])))
        except (KeyError, TypeError, ValueError):
            continue
    return [point for point in points if all(map(isfinite, point))]


def _dots(found: Sequence[tuple[float, float]], place: Any) -> list[list[str]]:
    return [place(*point).split(",") for point in found] if len(found) <= 60 else []


def _ticks(x0: float, x1: float, y0: float, y1: float) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="{HEIGHT - BOTTOM + 14}">{x0:.3g}</text>'
    yield f'<text x="{WIDTH - 10}" y="{HEIGHT - BOTTOM + 14}" text-anchor="end">{x1:.3g}</text>'
    yield f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{y1:.3g}</text>'
    yield f'<text x="{LEFT - 6}" y="{HEIGHT - BOTTOM}" text-anchor="end">{y0:.3g}</text>'


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _confusion(series: Series, found: Sequence[Row]) -> str:
    """How often each pair of x and y occurs; the rows are x."""
    counts = Counter((str(row.get(series.x)), str(row.get(series.y))) for row in found)
    names = sorted({name for pair in counts for name in pair}, key=lambda name: (len(name), name))
    if len(names) > CLASSES:
        return f"<p>{len(names)} classes are too many for a table</p>"
    most = max(counts.values(), default=1)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    corner = f"<th>{escape(series.x)} ↓ {escape(series.y)} →</th>"
    lines = [f'<div class="scroll"><table class="confusion"><tr>{corner}{head}</tr>']
    for actual in names:
        cells = "".join(_cell(counts[actual, predicted], most) for predicted in names)
        lines.append(f"<tr><th>{escape(actual)}</th>{cells}</tr>")
    return "".join([*lines, "</table></div>"])


def _cell(count: int, most: int) -> str:
    return f'<td style="--share:{count / most:.2f}">{count or ""}</td>'
