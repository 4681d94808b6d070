"""`kit find FILE|HASH`: where a file is known from."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from kit.commands.trace import dated
from kit.lineage import History, Match, find, project_history


def main(arguments: Namespace) -> int:
    history = project_history()
    found = find(history, arguments.target, Path.cwd())
    if arguments.format == "json":
        print(json.dumps([document(known) for known in found], indent=2))
        return 0
    for known in found:
        kind = "md5" if known.execution else "blob"
        print(f"{known.how}: {known.artifact.path}, {kind} {known.artifact.hash[:12]}{_maker(known)}")
        print(f"  {where(known, history)}")
    return 0


def _maker(known: Match) -> str:
    if known.execution is None:
        return ""
    stage = f"stage {known.execution.stage} ({known.execution.module or known.execution.command})"
    return f", {'made' if known.role == 'made' else 'read'} by {stage}"


def where(known: Match, history: History) -> str:
    """The commits in words: how many, the first and the last, and who has it at the tip."""
    if not known.commits:
        return "in no commit: only the working tree or DVC's run cache has it"
    tips = ", ".join(f"{ref.kind} {ref.label}" for ref in known.refs[:8])
    more = f" and {len(known.refs) - 8} more" if len(known.refs) > 8 else ""
    count = len(known.commits)
    verb = "in" if known.execution else "changed in"
    span = dated(history, known.commits[-1])
    if count > 1:
        span = f"first {span}, last {dated(history, known.commits[0])}"
    return f"{verb} {count} {'commit' if count == 1 else 'commits'}: {span}; now in {tips + more if tips else 'no tip'}"


def document(known: Match) -> dict[str, Any]:
    """For machines."""
    return {
        "how": known.how,
        "path": known.artifact.path,
        "md5": known.artifact.hash,
        "role": known.role,
        "stage": known.execution.stage if known.execution else None,
        "commits": known.commits,
        "refs": [ref.name for ref in known.refs],
    }
