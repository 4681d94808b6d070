"""`kit new FAMILY NAME [--after STAGE[:PORT]]`: make a module that works, for you to change."""

import os
from argparse import Namespace
from pathlib import Path

from kit.formats.documents import read_text
from kit.library.scaffold import Made, new_module
from kit.project.mermaid import mermaid, with_graph
from kit.project.pipeline import Pipeline
from kit.project.project import Project, find_project


def main(arguments: Namespace) -> int:
    project = find_project()
    after = from_root(project, arguments.after) if arguments.after else None
    made = new_module(project, arguments.family, arguments.name, after, arguments.template)
    made.changes.apply()
    redraw(project)
    print("\n".join(report(made, arguments.family, arguments.name)))
    return 0


def from_root(project: Project, after: str) -> str:
    """A file, given relative to the working directory, as dvc.yaml would write it; anything else as it is."""
    place = Path(os.path.normpath(Path.cwd() / after))
    inside = place.is_file() and place.is_relative_to(project.root)
    return place.relative_to(project.root).as_posix() if inside else after


def redraw(project: Project) -> None:
    """Show the pipeline in README.md as it is now."""
    readme = project.root / "README.md"
    text = read_text(readme, "README.md")
    fresh = with_graph(text, mermaid(Pipeline(project)))
    if fresh != text:
        readme.write_text(fresh, encoding="utf-8")


def report(made: Made, family: str, name: str) -> list[str]:
    """What was made, and what to do next."""
    try_it = f"dvc repro {made.stage}" if made.stage else f"dvc exp run -S slots.{family}={name}"
    parts = {"dvc.yaml": f"stage {name}", "params.yaml": f"section {name}"}
    others = [path for path in made.changes.files if not path.startswith("modules/")]
    return [
        *(f"{path}: {parts.get(path, 'written')}" for path in others),
        f"modules/{name}: made from {made.made_from}; change run.py, module.yaml and README.md",
        f"Next: kit test {name}, then {try_it}",
    ]
