"""The layout of a module graph: layers from top to bottom (Sugiyama, by grandalf)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grandalf.graphs import Edge, Graph, Vertex
from grandalf.layouts import SugiyamaLayout
from grandalf.routing import EdgeViewer, route_with_lines

WIDTH, HEIGHT = 168, 52
GAP_X, GAP_Y = 18, 40
MARGIN = 8
Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels: the centre of each box, and the points of each line from box to box."""

    width: float
    height: float
    centres: Mapping[str, Point]
    lines: Mapping[tuple[str, str], Sequence[Point]]


@dataclass
class _Box:
    """What grandalf asks of a vertex."""

    w: float = WIDTH
    h: float = HEIGHT
    xy: Point = (0.0, 0.0)


def layout_of(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> Layout:
    """Every connected part of a graph, to the right of the one before; edges lead downwards."""
    vertices = {name: Vertex(name) for name in names}
    lines = [Edge(vertices[source], vertices[target]) for source, target in edges if source != target]
    for vertex in vertices.values():
        vertex.view = _Box()
    for line in lines:
        line.view = EdgeViewer()
    centres: dict[str, Point] = {}
    routes: dict[tuple[str, str], Sequence[Point]] = {}
    right = bottom = 0.0
    for part in Graph(list(vertices.values()), lines).C:
        _draw(part)
        shift = (MARGIN + right - min(x for x, _ in _corners(part)), MARGIN - min(y for _, y in _corners(part)))
        for vertex in part.sV:
            centres[vertex.data] = _moved(vertex.view.xy, shift)
        for line in part.sE:
            routes[line.v[0].data, line.v[1].data] = [_moved(point, shift) for point in line.view._pts]
        right = max(x for x, _ in _corners(part)) + shift[0] + GAP_X
        bottom = max(bottom, *(y + shift[1] for _, y in _corners(part)))
    return Layout(right - GAP_X + MARGIN if centres else 0, bottom + MARGIN, centres, routes)


def _draw(part: Graph) -> None:
    sugiyama = SugiyamaLayout(part)
    sugiyama.xspace, sugiyama.yspace = GAP_X, GAP_Y
    roots = [vertex for vertex in part.sV if not vertex.e_in()]
    sugiyama.init_all(roots=roots or [next(iter(part.sV))])
    sugiyama.route_edge = route_with_lines
    sugiyama.draw(3)


def _corners(part: Graph) -> list[Point]:
    """The outermost points: of the boxes, and of lines that go around them."""
    boxes = [vertex.view.xy for vertex in part.sV]
    half = (WIDTH / 2, HEIGHT / 2)
    ends = [(x + side * half[0], y + side * half[1]) for x, y in boxes for side in (-1, 1)]
    return ends + [point for line in part.sE for point in line.view._pts]


def _moved(point: Point, shift: Point) -> Point:
    return (round(point[0] + shift[0], 1), round(point[1] + shift[1], 1))
