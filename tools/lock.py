"""Lock what the template ships: every module, what `kit new` begins with, and the tools of `kit test`."""

from pathlib import Path

from kit.environments.locking import write_lock
from kit.execution.module_tests import TOOLS
from kit.project.module import chosen_modules
from kit.project.project import Project

OLDEST_PYTHON = "3.11"


def main() -> None:
    write_lock(TOOLS.parent, OLDEST_PYTHON)
    for requirements in Path("{{cookiecutter.project}}/templates").glob("*/*/requirements.in"):
        write_lock(requirements.parent, OLDEST_PYTHON)
    for module in chosen_modules(Project(Path("{{cookiecutter.project}}").absolute()), []):
        write_lock(module.folder, module.python)


if __name__ == "__main__":
    main()
