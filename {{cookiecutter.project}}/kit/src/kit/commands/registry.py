"""`kit registry`: which version of which model is in which stage, since when, and who put it there."""

import json
from argparse import Namespace
from collections.abc import Iterator

from kit.formats.markdown import table
from kit.project.project import find_project
from kit.registry.tags import Assignment, Registry, Version

HEAD = ["model", "version", "stage", "since", "by", "commit"]


def main(arguments: Namespace) -> int:
    registry = Registry(find_project().root)
    rows = list(entries(registry))
    if arguments.format == "json":
        print(json.dumps([dict(zip(HEAD, row, strict=True)) for row in rows], indent=2))
    elif rows:
        print("\n".join(table([HEAD, *rows])))
    else:
        print("no model has a version yet; `kit register MODEL` gives it one")
    return 0


def entries(registry: Registry) -> Iterator[list[str]]:
    """A row for each version and the stages it is in; newest first."""
    for model in registry.models():
        now = registry.stages(model)
        for version in reversed(registry.versions(model)):
            here = [assignment for assignment in now.values() if assignment.version == version.name]
            yield from (_row(model, version, assignment.stage, assignment) for assignment in here)
            if not here:
                yield _row(model, version, "(registered)", version)


def _row(model: str, version: Version, stage: str, event: Assignment | Version) -> list[str]:
    return [model, version.name, stage, f"{event.time:%Y-%m-%d %H:%M}", event.by, version.commit[:8]]
