"""`kit graph [--write]`: the module graph."""

from argparse import Namespace

from kit.errors import KitError
from kit.formats.documents import read_text
from kit.project.mermaid import BEGIN, mermaid, with_graph
from kit.project.pipeline import Pipeline
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    project = find_project()
    graph = mermaid(Pipeline(project))
    if not arguments.write:
        print(graph, end="")
        return 0
    readme = project.root / "README.md"
    text = read_text(readme, "README.md")
    if BEGIN not in text:
        raise KitError(f"has no place for the graph; add the lines {BEGIN} and <!-- /graph -->", "README.md")
    readme.write_text(with_graph(text, graph), encoding="utf-8")
    return 0
