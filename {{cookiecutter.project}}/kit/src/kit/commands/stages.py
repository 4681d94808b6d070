"""`kit stages [--device cuda] [--stale]`: the names of stages, one a line, for scripts."""

from argparse import Namespace

from kit.device import needs_cuda
from kit.module import load_module
from kit.pipeline import Pipeline
from kit.project import find_project


def main(arguments: Namespace) -> int:
    project = find_project()
    pipeline = Pipeline(project)
    names = pipeline.names()
    if arguments.stale:
        from kit.lineage.history import History
        from kit.lineage.stale import stale_stages

        names = stale_stages(History.of(project.root), pipeline)
    for name in names:
        stage = pipeline.stage(name)
        on_gpu = bool(stage.module) and needs_cuda(load_module(project, stage.module), stage.params)
        if arguments.device is None or on_gpu == (arguments.device == "cuda"):
            print(name)
    return 0
