"""`kit rollback MODEL STAGE`: put the version back that the current one replaced."""

from argparse import Namespace

from kit.commands.promote import lines
from kit.lineage import project_history
from kit.project.project import find_project
from kit.registry.deploy import roll_back


def main(arguments: Namespace) -> int:
    done = roll_back(find_project(), project_history(), arguments.model, arguments.stage, arguments.local)
    print("\n".join(lines(done, arguments.model, arguments.stage)))
    return 0
