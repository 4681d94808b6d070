"""`kit lock [MODULE…]`: pin and hash what modules need."""

from argparse import Namespace

from kit.environments.lock import is_current
from kit.environments.locking import write_lock
from kit.errors import KitError
from kit.project.module import chosen_modules
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    modules = chosen_modules(find_project(), arguments.modules)
    if arguments.check:
        stale = [module for module in modules if not is_current(module.folder, module.python)]
        if stale:
            names = " ".join(module.name for module in stale)
            raise KitError(f"is out of date; run `kit lock {names}`", f"{stale[0].label}/requirements.txt")
        print(f"{len(modules)} locks are current")
        return 0
    for module in modules:
        write_lock(module.folder, module.python, upgrade=arguments.upgrade)
        print(f"{module.label}/requirements.txt")
    return 0
