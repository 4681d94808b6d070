"""Reading run.json, which kit.execution.record writes."""

from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.formats.documents import read_json, schema_named, violation

SCHEMA = 1


def read_record(path: Path, label: str) -> dict[str, Any]:
    """A run record.

    Raises:
        KitError: there is none, or it is invalid.
    """
    try:
        record = read_json(path)
    except FileNotFoundError:
        raise KitError("is missing; run the stage, or fetch it with `dvc pull`", label) from None
    except ValueError as error:
        raise KitError(f"invalid JSON: {error}", label) from None
    problem = violation(record, schema_named("run"))
    if problem:
        raise KitError(f"invalid run record: {problem}", label)
    return dict(record)
