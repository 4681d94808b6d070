"""`kit update NAME[@REV]`: update a module from its source, and keep local changes."""

from argparse import Namespace

from kit.errors import KitError
from kit.library.update import update_module
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    name, _, rev = arguments.module.partition("@")
    update = update_module(find_project(), name, rev or None)
    if not update.conflicts and update.before.digest == update.after.digest and len(update.changes.files) == 1:
        print(f"modules/{name}: is up to date ({update.before.version})")
        update.changes.apply()
        return 0
    update.changes.apply()
    print(f"modules/{name}: {update.before.version} → {update.after.version}")
    for path in update.changes.files:
        print(f"  {'CONFLICT in' if path in update.conflicts else 'merged'} {path}")
    print("\n".join(update.notes) + "\n" if update.notes else "", end="")
    if update.conflicts:
        raise KitError(f"{', '.join(update.conflicts)}: both sides changed the same lines; choose between the markers")
    print(f"Next: kit check, kit test {name}, git diff")
    return 0
