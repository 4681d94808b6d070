"""`kit check`: find mistakes without running anything."""

import json
from argparse import Namespace
from dataclasses import asdict

from kit.checks import diagnostics
from kit.errors import KitError
from kit.project.diagnostic import ERROR, Diagnostic
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    project = find_project()
    found = diagnostics(project)
    errors = sum(diagnostic.level == ERROR for diagnostic in found)
    if arguments.format == "json":
        print(json.dumps([asdict(diagnostic) for diagnostic in found], indent=2))
    for diagnostic in found if arguments.format != "json" else []:
        print(as_github(diagnostic) if arguments.format == "github" else as_text(diagnostic))
    if errors:
        raise KitError(f"{errors} {'mistake' if errors == 1 else 'mistakes'} found")
    if arguments.format != "json":
        print(f"{len(project.module_names())} modules checked, no mistakes")
    return 0


def as_text(diagnostic: Diagnostic) -> str:
    """In the format of compilers, so that editors jump to the place."""
    warning = "" if diagnostic.level == ERROR else "warning: "
    return f"{diagnostic.file}:{diagnostic.line}: {warning}{diagnostic.message}"


def as_github(diagnostic: Diagnostic) -> str:
    """A workflow command of GitHub Actions, which shows the diagnostic at its line."""
    place = f"file={_escaped(diagnostic.file, property=True)},line={diagnostic.line}"
    return f"::{diagnostic.level} {place}::{_escaped(diagnostic.message)}"


def _escaped(text: str, property: bool = False) -> str:
    """As actions/toolkit escapes data and properties (packages/core/src/command.ts)."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text
