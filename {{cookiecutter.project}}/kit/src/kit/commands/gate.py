"""`kit gate`: the gate's decision on what is in the working tree; fails if it rejected."""

from argparse import Namespace

from kit.errors import KitError
from kit.lineage import project_history
from kit.registry.gate import SETTING, decision_at


def main(arguments: Namespace) -> int:
    history = project_history()
    revision = history.revision(arguments.rev)
    decision = decision_at(history, revision)
    if decision is None:
        print(f"no gate ({SETTING} names no stage's output)")
        return 0
    if not decision.accepted:
        raise KitError(f"rejected: {'; '.join(decision.reasons) or 'no reason given'}", decision.artifact.path)
    print(f"{decision.artifact.path}: accepted")
    return 0
