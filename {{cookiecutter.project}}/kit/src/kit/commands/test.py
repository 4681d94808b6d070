"""`kit test [MODULE…] [--changed REV]`: run modules' tests, each in its own environment."""

import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from kit.errors import KitError
from kit.project.changed import changed_modules
from kit.project.project import Project, find_project


def main(arguments: Namespace) -> int:
    project, names = find_project(), arguments.modules
    if arguments.changed:
        changed = changed_modules(project, arguments.changed)
        names = [name for name in changed if not names or name in names]
        if not names:
            print(f"no module differs from {arguments.changed}")
            return 0
    return run_tests(project, names)


def run_tests(project: Project, names: Sequence[str]) -> int:
    """Each module's tests; all modules where none is named."""
    from kit.execution.module_tests import tests_pass
    from kit.project.module import chosen_modules

    modules = chosen_modules(project, names)
    failed = []
    for module in modules:
        print(f"== {module.name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="kit-test-") as scratch:
            if not tests_pass(module, Path(scratch) / "pytest"):
                failed.append(module.name)
    if failed:
        raise KitError(
            f"tests failed in {', '.join(failed)} ({len(modules) - len(failed)} of {len(modules)} modules pass)"
        )
    print(f"{len(modules)} modules pass")
    return 0
