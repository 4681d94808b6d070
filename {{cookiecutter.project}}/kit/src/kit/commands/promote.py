"""`kit promote MODEL@VERSION STAGE`: put a registered version into a stage."""

from argparse import Namespace

from kit.errors import KitError
from kit.lineage import project_history
from kit.project.project import find_project
from kit.registry.deploy import Deployed, promote


def main(arguments: Namespace) -> int:
    model, _, version = arguments.version.partition("@")
    if not version:
        raise KitError(f"kit promote {arguments.version}: write MODEL@VERSION; `kit registry` lists them")
    done = promote(find_project(), project_history(), model, version, arguments.stage, arguments.local)
    print("\n".join(lines(done, model, arguments.stage)))
    return 0


def lines(done: Deployed, model: str, stage: str) -> list[str]:
    """What is where now, and what is left to do."""
    instead = f", in place of {done.replaced}" if done.replaced else ""
    shown = [f"{model}@{done.version}: in {stage}{instead}{'' if done.shared else ' (in this clone alone)'}"]
    if done.pointer:
        shown.append(f"{done.pointer}: commit it; from then on candidates are compared with {done.version}")
        shown += (
            [] if done.fetched else [f"its files are neither in the cache nor at the remote: dvc pull {done.pointer}"]
        )
    return shown
