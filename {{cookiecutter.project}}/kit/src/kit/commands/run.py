"""`kit run STAGE`: run a stage's module."""

from argparse import Namespace

from kit.errors import KitError
from kit.pipeline import Pipeline, bindings
from kit.project import find_project
from kit.runner import run_stage


def main(arguments: Namespace) -> int:
    project = find_project()
    for kind in ("input", "output"):
        given = dict(pair.split("=", 1) for pair in getattr(arguments, kind) if "=" in pair)
        if given and given != bindings(Pipeline(project).stage(arguments.stage), f"--{kind}"):
            raise KitError(f"--{kind}: differs from the cmd of stage {arguments.stage}; wiring is written in dvc.yaml")
    run_stage(project, arguments.stage)
    return 0
