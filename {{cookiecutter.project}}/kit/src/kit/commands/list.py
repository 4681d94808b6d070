"""`kit list`: every module, with its owner, its source and the stages that use it."""

import json
from argparse import Namespace
from dataclasses import asdict

from kit.formats.markdown import table
from kit.library.listing import listed
from kit.project.project import find_project

HEAD = ["module", "family", "version", "stability", "owner", "licence", "source", "used by"]


def main(arguments: Namespace) -> int:
    found = [asdict(module) for module in listed(find_project())]
    if arguments.format == "json":
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(table([HEAD, *([*module.values()] for module in found)])))
    return 0
