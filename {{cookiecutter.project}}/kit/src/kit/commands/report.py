"""`kit report -o report.html`: one page about a revision."""

from argparse import Namespace
from pathlib import Path

from kit.exports.place import writable
from kit.exports.subject import Subject
from kit.lineage.location import project_history
from kit.lineage.trace import Trace
from kit.report.page import page


def main(arguments: Namespace) -> int:
    history = project_history()
    revision = history.revision(arguments.rev)
    title = Subject(history, Trace(revision, ""), ()).name
    target = Path(arguments.output)
    text = page(history, revision, title)
    with writable(target):
        target.write_text(text, encoding="utf-8")
    print(f"written to {target}")
    return 0
