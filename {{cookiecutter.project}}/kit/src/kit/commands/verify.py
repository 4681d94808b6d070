"""`kit verify [REV|--all]`: whether the results and their records can be relied on."""

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from kit.errors import KitError
from kit.lineage import AuditReport, ReportedFinding, Severity, all_revisions, project_history, verify

NAMED = 3


def main(arguments: Namespace) -> int:
    if arguments.signature or arguments.key:
        return signature(arguments)
    history = project_history()
    revisions = all_revisions(history) if arguments.all else [history.revision(arguments.rev)]
    report = verify(history, revisions, arguments.deep)
    if arguments.format == "json":
        print(json.dumps(document(report), indent=2))
    else:
        for found in report.found:
            print(line(found))
        print(summary(report, arguments.deep))
    tolerated = {Severity.UNKNOWN} if arguments.allow_unknown else set()
    return int(any(finding.level not in tolerated for finding in report.blocking))


def signature(arguments: Namespace) -> int:
    """Check the signature of an export."""
    if not (arguments.rev and arguments.signature and arguments.key):
        raise KitError("kit verify: write `kit verify FILE --signature SIG --key PUBLIC_KEY`")
    from kit.exports.signing import check_signature

    check_signature(Path(arguments.rev), Path(arguments.signature), Path(arguments.key))
    print(f"{arguments.rev}: the signature is valid")
    return 0


def line(found: ReportedFinding) -> str:
    """A finding, with the revisions that have it, unless only one was asked for."""
    finding = found.finding
    names = found.revisions
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{finding.level}: {finding.place}: {finding.message} [{', '.join(names[:NAMED])}{more}]"


def summary(report: AuditReport, deep: bool) -> str:
    """What was checked, and how much was found."""
    counts = ", ".join(_counted(report.count(level), level) for level in Severity)
    revisions = f"{report.revisions} {'revision' if report.revisions == 1 else 'revisions'}"
    depth = "" if deep else "; remote and installed files are only read with --deep"
    verdict = "nothing is wrong" if not report.found else counts
    return f"{revisions}, {report.executions} runs: {verdict}{depth}"


def _counted(number: int, level: Severity) -> str:
    return f"{number} {level}{'s' if number != 1 and level is not Severity.UNKNOWN else ''}"


def document(report: AuditReport) -> dict[str, object]:
    """For machines."""
    return {
        "revisions": report.revisions,
        "runs": report.executions,
        "findings": [asdict(found.finding) | {"revisions": found.revisions} for found in report.found],
    }
