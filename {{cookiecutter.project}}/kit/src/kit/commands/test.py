"""`kit test [MODULE…]`: run modules' tests, each in its own environment."""

import tempfile
from argparse import Namespace
from pathlib import Path

from kit.errors import KitError
from kit.module import chosen_modules
from kit.project import find_project
from kit.testing import tests_pass


def main(arguments: Namespace) -> int:
    modules = chosen_modules(find_project(), arguments.modules)
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
