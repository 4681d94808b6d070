"""`kit report -o report.html`: one page about a revision."""

from argparse import Namespace
from pathlib import Path

from kit.exports.subject import Subject
from kit.lineage.location import project_history
from kit.lineage.trace import Trace
from kit.report.page import page


def main(arguments: Namespace) -> int:
    history = project_history()
    revision = history.revision(arguments.rev)
    title = Subject(history, Trace(revision, ""), ()).name
    target = Path(arguments.output)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(history, revision, title), encoding="utf-8")
    print(f"written to {target}")
    return 0
