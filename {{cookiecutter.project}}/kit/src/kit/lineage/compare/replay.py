"""Run a stage again in a clean clone, with the recorded lock and inputs, and compare the results."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.dvc.artifact import stays_inside
from kit.errors import KitError
from kit.lineage.compare.causes import Cause, Side, hidden_causes
from kit.lineage.compare.clean_clone import clone_of, place_input, remove
from kit.lineage.compare.content import content_at, content_on_disk
from kit.lineage.compare.verdict import Agreement, Verdict, compare, overall, tolerance_of
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.opening import Contents
from kit.lineage.history.results import metric_paths
from kit.lineage.history.revision import Revision
from kit.project.ports import RECORD


@dataclass(frozen=True)
class Replay:
    """The outcome of a replay: a verdict on each result and on all, both records, and why they differ."""

    stage: str
    verdicts: tuple[Verdict, ...]
    level: Agreement
    recorded: Mapping[str, Any] | None
    now: Mapping[str, Any]
    causes: tuple[Cause, ...]


def replay(history: History, revision: Revision, execution: Execution) -> Replay:
    """Clone the revision into a temporary folder, put the recorded inputs there, and run the stage's module.

    Raises:
        KitError: code or inputs are not as recorded, or the run fails; the project itself is not touched.
    """
    history.needs_working_tree()
    _check(revision, execution)
    with tempfile.TemporaryDirectory(prefix="kit-replay-") as folder:
        clone = Path(folder) / "clone"
        clone_of(history, revision, clone)
        for dep in execution.inputs:
            place_input(history, revision, dep, clone)
        _run(clone, execution)
        now = json.loads((clone / (execution.record.path if execution.record else RECORD)).read_bytes())
        return _compared(history, revision, execution, clone, now)


def _check(revision: Revision, execution: Execution) -> None:
    if not execution.module:
        raise KitError(f"stage {execution.stage}: is a plain DVC stage, which keeps no record; `dvc repro` runs it")
    if execution.record is None:
        raise KitError(
            f"stage {execution.stage}: has no run record; add artifacts/{execution.stage}/run.json to its outs"
        )
    for artifact in (*execution.inputs, *execution.outs):
        if not stays_inside(artifact.path):
            raise KitError(f"stage {execution.stage}: {artifact.path} is outside the project", "dvc.lock")
    source, code = revision.source(execution.module), execution.code
    if source is None or code is None or source.md5 != code.hash:
        label = f"modules/{execution.module}"
        raise KitError(
            f"{revision.name} does not have the code that ran, so it cannot be replayed; see `kit verify`", label
        )


def _run(clone: Path, execution: Execution) -> None:
    """`kit run`, not `dvc repro`: nothing may come from a cache."""
    for out in execution.outs:
        remove(clone / out.path)
    # -P: the folder named kit in the clone must not be imported.
    command = [sys.executable, "-P", "-m", "kit", "run", execution.stage]
    # What the module prints goes to standard error, not into the answer.
    done = subprocess.run(command, cwd=clone, env=_variables(), stdout=sys.stderr.fileno(), check=False)
    if done.returncode:
        raise KitError(f"stage {execution.stage}: cannot be run again; see its messages above")


def _variables() -> dict[str, str]:
    """Run with this kit, wherever it is installed."""
    own = str(Path(__file__).parents[3])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [own, os.environ.get("PYTHONPATH")]))}


def _compared(
    history: History, revision: Revision, execution: Execution, clone: Path, now: Mapping[str, Any]
) -> Replay:
    recorded = history.records.of(execution).document
    metrics = metric_paths(revision)
    tolerance = tolerance_of(revision.files)
    verdicts = tuple(
        compare(
            out.path,
            content_at(history, revision, out),
            content_on_disk(clone / out.path, now, out.path),
            out.path in metrics,
            tolerance,
        )
        for out in execution.results
    )
    level = overall(verdicts, frozenset(metrics))
    read = Contents(history, (revision,))
    sides = [Side(execution, None, record, read) for record in (recorded, now)]
    differs = level is not Agreement.IDENTICAL_BYTES
    return Replay(execution.stage, verdicts, level, recorded, now, tuple(hidden_causes(*sides) if differs else ()))
