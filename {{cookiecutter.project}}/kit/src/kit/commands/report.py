"""`kit report`: one page about a revision; with `--against REV` what changed since, for reviewers."""

from argparse import Namespace

from kit.exports.place import place_for, writable
from kit.lineage import Subject, Trace, project_history
from kit.report.page import page
from kit.report.review import review


def main(arguments: Namespace) -> int:
    history = project_history()
    if arguments.against:
        target = place_for(arguments.output, history, "report.md")
        text = "\n".join(review(history, arguments.against)) + "\n"
    else:
        target = place_for(arguments.output, history, "report.html")
        revision = history.revision(arguments.rev)
        text = page(history, revision, Subject(history, Trace(revision, ""), ()).name)
    with writable(target):
        target.write_text(text, encoding="utf-8")
    print(f"written to {target}")
    return 0
