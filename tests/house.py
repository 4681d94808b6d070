"""The rooms of the kit as docs/architecture.md lists them, and the imports between them as the code has them."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

from places import ROOT, SOURCE

PAGE = ROOT / "docs/architecture.md"
ROW = re.compile(r"^\| (\d+) \| `(\w+)` \|", re.MULTILINE)


@dataclass(frozen=True)
class Import:
    """One import statement: module `source` in `file` at `line` imports module `target`."""

    file: str
    line: int
    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def rooms() -> dict[str, int]:
    """Room to its level."""
    return {name: int(level) for level, name in ROW.findall(PAGE.read_text(encoding="utf-8"))}


@cache
def imports_of(package: Path = SOURCE / "kit/src/kit") -> list[Import]:
    """Every import of one module of the package by another, lazy ones and those for type checkers included."""
    modules = {_dotted(file, package) for file in package.rglob("*.py")}
    return [found for file in sorted(package.rglob("*.py")) for found in _imports_in(file, package, modules)]


def _imports_in(file: Path, package: Path, modules: set[str]) -> Iterator[Import]:
    shown = file.relative_to(package.parent).as_posix()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else node.module for name in whole]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "import_module":
            names = [part.value for part in node.args if isinstance(part, ast.Constant)]
        for name in dict.fromkeys(names):
            if name in modules and name != _dotted(file, package):
                yield Import(shown, node.lineno, _dotted(file, package), name)


def _dotted(file: Path, package: Path) -> str:
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str, levels: Mapping[str, int]) -> str | None:
    """The room that a module lies in; None for what lies beside the rooms (cli, arguments, errors)."""
    _, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    return first if first in levels else None


def upward(found: list[Import], levels: Mapping[str, int]) -> Iterator[str]:
    """Imports of a room that lies higher, and files that lie in no room."""
    for one in found:
        here, there = room_of(one.source, levels), room_of(one.target, levels)
        if here and there and levels[there] > levels[here]:
            yield (
                f"{one}: {here} (level {levels[here]}) imports {one.target} of {there} (level {levels[there]});"
                " a room imports its own level or lower ones"
            )


def circles(found: list[Import], levels: Mapping[str, int]) -> Iterator[str]:
    """A circle of rooms, and one of modules."""
    for names in ({one: one.source for one in found}, {one: room_of(one.source, levels) for one in found}):
        graph: dict[str, dict[str, Import]] = defaultdict(dict)
        for one, source in names.items():
            target = one.target if source == one.source else room_of(one.target, levels)
            if source and target and source != target:
                graph[source].setdefault(target, one)
        try:
            TopologicalSorter({source: set(targets) for source, targets in graph.items()}).prepare()
        except CycleError as error:
            around = list(reversed(error.args[1]))
            steps = [graph[a][b] for a, b in pairwise(around)]
            yield f"{', '.join(map(str, steps))}: {' → '.join(around)} is a circle; imports go one way"


def edges(found: list[Import], levels: Mapping[str, int]) -> set[tuple[str, str]]:
    """(room, room that it imports)."""
    pairs = {(room_of(one.source, levels), room_of(one.target, levels)) for one in found}
    return {(here, there) for here, there in pairs if here and there and here != there}


def reached(start: str, found: list[Import], levels: Mapping[str, int]) -> set[str]:
    """The rooms of all modules that importing one brings in, its own included."""
    graph = defaultdict(set)
    for one in found:
        graph[one.source].add(one.target)
    waiting, seen = [start], set[str]()
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += graph[module]
    return {room for module in seen if (room := room_of(module, levels))}


def picture(arrows: set[tuple[str, str]], levels: Mapping[str, int]) -> str:
    """The rooms as a Mermaid flowchart, highest first, without the arrows that others imply."""
    direct = {(a, b) for a, b in arrows if not any((a, c) in arrows and _leads(c, b, arrows) for c in levels if c != b)}
    lines = ["```mermaid", "flowchart TD"]
    lines += [f"  {name}" for name in levels if any(name in arrow for arrow in arrows)]
    lines += [f"  {a} --> {b}" for a in levels for b in levels if (a, b) in direct]
    return "\n".join([*lines, "```"]) + "\n"


def _leads(start: str, end: str, arrows: set[tuple[str, str]]) -> bool:
    """Whether arrows lead from one room to another."""
    return any(a == start and (b == end or _leads(b, end, arrows)) for a, b in arrows)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    fresh = picture(edges(imports_of(), rooms()), rooms())
    begin = text.index("```mermaid\n")
    end = text.index("```\n", begin + 3) + 4
    PAGE.write_text(text[:begin] + fresh + text[end:], encoding="utf-8")
