"""`kit stages [--device cuda] [--stale]`: the names of stages, one a line, for scripts."""

from argparse import Namespace

from kit.git.files import WorkingFiles
from kit.project.module_code import source_of
from kit.project.pipeline import Pipeline
from kit.project.project import find_project
from kit.project.resources import needs_cuda


def main(arguments: Namespace) -> int:
    project = find_project()
    pipeline, files = Pipeline(project), WorkingFiles(project.root)
    names = pipeline.names()
    if arguments.stale:
        from kit.lineage import History, StalenessChecker

        names = StalenessChecker(History.of(project.root), allow_missing=True).stale()
    for name in names:
        stage = pipeline.stage(name)
        source = source_of(files, stage.module) if stage.module else None
        on_gpu = source is not None and needs_cuda(source.contract, stage.params)
        if arguments.device is None or on_gpu == (arguments.device == "cuda"):
            print(name)
    return 0
