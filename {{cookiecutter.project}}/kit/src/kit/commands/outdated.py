"""`kit outdated`: which modules have a newer version at their source, or no longer agree with it."""

from argparse import Namespace

from kit.formats.markdown import table
from kit.library.outdated import GONE, MOVED, OUTDATED, TAMPERED, standing_of
from kit.project.modules_lock import read_ledger
from kit.project.project import find_project

HEAD = ["module", "here", "newest", "state", "changed here"]


def main(arguments: Namespace) -> int:
    project = find_project()
    found = [standing_of(project, name, entry) for name, entry in read_ledger(project).items()]
    if not found:
        print("modules.lock names no module: all of them were written here")
        return 0
    rows = [[at.name, at.version, at.newest or "?", at.state, "yes" if at.changed_here else "no"] for at in found]
    print("\n".join(table([HEAD, *rows])))
    for at in found:
        if at.state in (MOVED, TAMPERED, GONE):
            print(f"{at.name}: {at.state}: {at.detail}")
        elif at.state == OUTDATED:
            print(f"{at.name}: kit update {at.name}")
    return int(any(at.state in (MOVED, TAMPERED, GONE) for at in found))
