"""`kit check`: find mistakes without running anything."""

import json
from argparse import Namespace
from dataclasses import asdict

from kit.checks import findings
from kit.errors import KitError
from kit.project.diagnostic import ERROR, Finding
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    project = find_project()
    found = findings(project)
    errors = sum(finding.level == ERROR for finding in found)
    if arguments.format == "json":
        print(json.dumps([asdict(finding) for finding in found], indent=2))
    for finding in found if arguments.format != "json" else []:
        print(as_github(finding) if arguments.format == "github" else as_text(finding))
    if errors:
        raise KitError(f"{errors} {'mistake' if errors == 1 else 'mistakes'} found")
    if arguments.format != "json":
        print(f"{len(project.module_names())} modules checked, no mistakes")
    return 0


def as_text(finding: Finding) -> str:
    """As compilers write it, so that editors jump to the place."""
    warning = "" if finding.level == ERROR else "warning: "
    return f"{finding.file}:{finding.line}: {warning}{finding.message}"


def as_github(finding: Finding) -> str:
    """A workflow command of GitHub Actions, which shows it beside the line."""
    place = f"file={_escaped(finding.file, property=True)},line={finding.line}"
    return f"::{finding.level} {place}::{_escaped(finding.message)}"


def _escaped(text: str, property: bool = False) -> str:
    """As actions/toolkit escapes data and properties (packages/core/src/command.ts)."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text
