"""`kit owners [--write]`: CODEOWNERS from the modules' cards."""

from argparse import Namespace

from kit.formats.documents import read_text
from kit.project.owners import PATH, owners_of, with_owners
from kit.project.project import find_project


def main(arguments: Namespace) -> int:
    project = find_project()
    text = with_owners(read_text(project.root / PATH, PATH), owners_of(project))
    if arguments.write:
        (project.root / PATH).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0
