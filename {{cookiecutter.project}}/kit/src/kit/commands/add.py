"""`kit add SOURCE[@REV] [NAME]`: add a module, with its contracts, from another project."""

from argparse import Namespace
from pathlib import Path

from kit.library.add import add_module
from kit.library.reference import reference_in
from kit.project.project import find_project
from kit.project.view import View


def main(arguments: Namespace) -> int:
    project = find_project()
    added = add_module(project, reference_in(arguments.source, Path.cwd()), arguments.name)
    added.changes.apply()
    package = added.package
    at = f" at {package.commit[:12]}" if package.commit else ""
    print(f"modules/{package.name}: version {package.version}{at}, with contracts {', '.join(package.contracts)}")
    if added.unset:
        print(f"params.yaml: {package.name}: set {', '.join(added.unset)}")
    view = View(project)
    slots = (view.pipeline.params.get("slots") or {}) if view.pipeline else {}
    family = package.contract["family"]
    then = f"dvc exp run -S slots.{family}={package.name}" if family in slots else "give it a stage in dvc.yaml"
    print(f"Next: kit check, kit test {package.name}, then {then}")
    return 0
