"""run.json: what ran, as the runner saw it."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kit import __version__
from kit.digest import sha256_of, size_of
from kit.module import Module
from kit.pipeline import Stage

SCHEMA = 1


def file_entries(paths: Mapping[str, str], places: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """Port to path in the project, SHA-256 and size in bytes; `places` says where each file is now."""
    return {
        port: {"path": path, "sha256": sha256_of(places[port]), "size": size_of(places[port])}
        for port, path in paths.items()
    }


def write_record(
    target: Path,
    stage: Stage,
    module: Module,
    environment: Mapping[str, Any],
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    started: datetime,
    finished: datetime,
) -> None:
    """Write run.json; times are UTC in ISO 8601, durations in seconds."""
    record = {
        "schema": SCHEMA,
        "kit": __version__,
        "stage": stage.name,
        "module": {"name": module.name, "version": module.version},
        "started": started.isoformat(timespec="milliseconds"),
        "finished": finished.isoformat(timespec="milliseconds"),
        "duration_s": round((finished - started).total_seconds(), 3),
        "params": dict(stage.params),
        "environment": dict(environment),
        "inputs": dict(inputs),
        "outputs": dict(outputs),
    }
    target.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
