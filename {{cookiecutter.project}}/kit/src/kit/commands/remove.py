"""`kit remove NAME`: remove a module that no stage uses."""

from argparse import Namespace

from kit.library.remove import remove_module
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    changes = remove_module(find_project(), arguments.module)
    changes.apply()
    folder = f"modules/{arguments.module}"
    print(
        f"removed {folder} and what params.yaml, CODEOWNERS and modules.lock say of it;"
        f" `git checkout HEAD -- {folder}` brings the folder back, `git diff HEAD` shows the lines"
    )
    return 0
