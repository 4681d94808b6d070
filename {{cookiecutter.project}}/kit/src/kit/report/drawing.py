"""The module graph as inline SVG; each box links to the details of its stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from kit.report.layout import HEIGHT, WIDTH, Layout, Point, layout_of

LETTERS = 21
RADIUS = 9


@dataclass(frozen=True)
class Box:
    """A stage or raw data: the target of its link, two lines of text, its state (a CSS class) and the state as text."""

    name: str
    anchor: str
    title: str
    subtitle: str
    state: str
    words: str
    raw: bool = False


def svg(boxes: Sequence[Box], edges: Sequence[tuple[str, str]]) -> str:
    """The drawing; its boxes are in reading order for the keyboard, too."""
    layout = layout_of([box.name for box in boxes], edges)
    placed = sorted(boxes, key=lambda box: layout.centres[box.name][::-1])
    parts = [
        f'<svg class="graph" role="group" aria-label="module graph" viewBox="0 0 {layout.width:g} {layout.height:g}"'
        f' style="--width:{layout.width:g}px">',
        *(_line(layout, points) for points in layout.lines.values()),
        *(_box(box, layout.centres[box.name]) for box in placed),
        "</svg>",
    ]
    return "\n".join(parts)


def _line(layout: Layout, points: Sequence[Point]) -> str:
    """A curve through the points; it leaves and arrives vertically."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        path += f" C{x0:g} {middle:g} {x1:g} {middle:g} {x1:g} {y1:g}"
    return f'<path class="edge" d="{path}"/>'


def _box(box: Box, centre: Point) -> str:
    x, y = centre[0] - WIDTH / 2, centre[1] - HEIGHT / 2
    radius = HEIGHT / 2 if box.raw else RADIUS
    label = escape(f"{box.title}, {box.subtitle}: {box.words}", quote=True)
    return (
        f'<a href="#{escape(box.anchor, quote=True)}" class="box {box.state}" aria-label="{label}">'
        f"<title>{escape(box.title)}: {escape(box.words)}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="{radius:g}"/>'
        f'<text x="{centre[0]:g}" y="{centre[1] - 5:g}" class="title">{escape(_short(box.title))}</text>'
        f'<text x="{centre[0]:g}" y="{centre[1] + 14:g}">{escape(_short(box.subtitle))}</text></a>'
    )


def _short(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
