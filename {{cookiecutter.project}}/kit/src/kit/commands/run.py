"""`kit run STAGE`: run a stage's module."""

from argparse import Namespace

from kit.errors import KitError
from kit.execution.runner import run_stage
from kit.project.pipeline import Pipeline
from kit.project.ports import explicit_ports, split_pairs
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    pipeline = Pipeline(find_project())
    for kind in ("input", "output"):
        given = split_pairs(getattr(arguments, kind), f"--{kind}")
        if given and given != explicit_ports(pipeline.stage(arguments.stage), kind):
            raise KitError(f"--{kind}: differs from the cmd of stage {arguments.stage}; change it in dvc.yaml")
    run_stage(pipeline, arguments.stage)
    return 0
