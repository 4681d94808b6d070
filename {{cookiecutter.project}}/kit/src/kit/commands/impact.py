"""`kit impact FILE|HASH|MODULE[@VERSION]|PACKAGE==VERSION`: every result that was made from it."""

import csv
import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from kit.commands.trace import dated
from kit.lineage import Affected, History, Impact, impact, project_history

COLUMNS = ("path", "md5", "stage", "commit", "committed", "refs", "versions")


def main(arguments: Namespace) -> int:
    history = project_history()
    found = impact(history, arguments.target, Path.cwd())
    if arguments.format == "json":
        print(json.dumps(document(found, history), indent=2))
    elif arguments.format == "csv":
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(_rows(found, history))
    else:
        for line in _lines(found, history):
            print(line)
    if found.unknown:
        stages = ", ".join(sorted({execution.stage or execution.command for execution in found.unknown}))
        count = f"{len(found.unknown)} {'run' if len(found.unknown) == 1 else 'runs'}"
        print(
            f"kit: unknown: {count} ({stages}) cannot be judged: no commit here has their code",
            file=sys.stderr,
        )
    return 0


def _lines(found: Impact, history: History) -> Iterator[str]:
    if not found.affected:
        yield f"nothing was made from {found.subject}"
        return
    commits = {commit for affected in found.affected for commit in affected.commits}
    results = f"{len(found.affected)} {'result' if len(found.affected) == 1 else 'results'}"
    yield f"made from {found.subject}: {results}, in {len(commits)} {'commit' if len(commits) == 1 else 'commits'}"
    width = max(len(affected.artifact.path) for affected in found.affected)
    for affected in found.affected:
        artifact = affected.artifact
        yield f"{artifact.path:<{width}}  {artifact.hash[:8]}  {affected.stage:<10}  {_where(affected, history)}"


def _where(affected: Affected, history: History) -> str:
    if not affected.commits:
        return "in no commit: only the working tree or DVC's run cache has it"
    count = len(affected.commits)
    names = ", ".join(ref.label for ref in affected.refs[:6]) + (" …" if len(affected.refs) > 6 else "")
    held = f"{count} {'commit' if count == 1 else 'commits'} since {dated(history, affected.commits[-1])}"
    versions = f"; REGISTERED as {', '.join(affected.versions)}" if affected.versions else ""
    return f"{held}; now in {names or 'no tip'}{versions}"


def _rows(found: Impact, history: History) -> Iterator[list[str]]:
    for affected in found.affected:
        start = [affected.artifact.path, affected.artifact.hash, affected.stage]
        versions = " ".join(affected.versions)
        for commit in affected.commits or ("",):
            refs = " ".join(ref.label for ref in affected.refs if ref.commit == commit)
            yield [*start, commit, dated(history, commit).partition(" ")[2] if commit else "", refs, versions]


def document(found: Impact, history: History) -> dict[str, object]:
    """For machines."""
    return {
        "subject": found.subject,
        "affected": [
            {
                "path": affected.artifact.path,
                "md5": affected.artifact.hash,
                "stage": affected.stage,
                "commits": affected.commits,
                "refs": [ref.name for ref in affected.refs],
                "versions": affected.versions,
            }
            for affected in found.affected
        ],
        "unknown": [{"stage": execution.stage, "command": execution.command} for execution in found.unknown],
    }
