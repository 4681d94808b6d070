"""`kit show STAGE`: how a stage's results were made."""

from argparse import Namespace

from rich.console import Console

from kit.project.pipeline import Pipeline
from kit.project.ports import record_path
from kit.project.project import find_project
from kit.project.run_record import read_record
from kit.report.run_record_text import sections


def main(arguments: Namespace) -> int:
    project = find_project()
    path = record_path(Pipeline(project).stage(arguments.stage))
    record = read_record(project.root / path, path)
    console = Console(highlight=False, soft_wrap=True)
    for title, rows in sections(record, project):
        console.print(title, style="bold", markup=False)
        width = max(len(name) for name, _ in rows)
        for name, value in rows:
            console.print(f"  {name:<{width}}  {value}", markup=False)
    return 0
