"""`kit check`: find mistakes without running anything."""

from argparse import Namespace

from kit.checks import findings
from kit.errors import KitError
from kit.project import find_project


def main(arguments: Namespace) -> int:
    project = find_project()
    found = list(findings(project))
    for finding in found:
        print(f"{finding.file}: {finding.message}")
    if found:
        raise KitError(f"{len(found)} {'mistake' if len(found) == 1 else 'mistakes'} found")
    print(f"{len(project.module_names())} modules checked, no mistakes")
    return 0
