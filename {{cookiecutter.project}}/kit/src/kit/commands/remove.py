"""`kit remove NAME`: take a module out, once no stage uses it."""

from argparse import Namespace

from kit.library.remove import remove_module
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    changes = remove_module(find_project(), arguments.module)
    changes.apply()
    print(f"removed modules/{arguments.module} and its section of params.yaml; `git checkout` brings them back")
    return 0
