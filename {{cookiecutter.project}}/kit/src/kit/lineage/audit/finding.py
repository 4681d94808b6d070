"""A finding of an audit, its severity and its place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """error: something is wrong. warning: it weakens a record. unknown: it could not be checked here."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class AuditFinding:
    """One finding; `place` is a file or a stage, and `message` says what is wrong and what to do.

    `stage` is the stage that it is about, if any. A `decision` is intended, such as a frozen stage whose inputs have
    changed: it is shown, and blocks nothing.
    """

    level: Severity
    place: str
    message: str
    decision: bool = False
    stage: str = ""


def error(place: str, message: str) -> AuditFinding:
    return AuditFinding(Severity.ERROR, place, message)


def warning(place: str, message: str) -> AuditFinding:
    return AuditFinding(Severity.WARNING, place, message)


def decision(place: str, message: str) -> AuditFinding:
    return AuditFinding(Severity.WARNING, place, message, decision=True)


def unknown(place: str, message: str) -> AuditFinding:
    return AuditFinding(Severity.UNKNOWN, place, message)


def about(stage: str, findings: Iterable[AuditFinding]) -> Iterator[AuditFinding]:
    """Findings that are all about one stage."""
    return (replace(finding, stage=stage) for finding in findings)
