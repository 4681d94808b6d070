"""Run combinations of modules as DVC experiments, and read their results from Git and DVC's cache."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.git.repository import open_repository
from kit.lineage import History, Revision
from kit.project.project import Project


@dataclass(frozen=True)
class Outcome:
    """A combination (slot to module), its metric, the seconds its stages took, and the verdict; None: unknown."""

    choice: Mapping[str, str]
    metric: float | None
    seconds: float | None
    verdict: str


def name_of(choice: Mapping[str, str]) -> str:
    """The name of a combination's experiment; the same each time."""
    text = json.dumps(sorted(choice.items()))
    return f"matrix-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def run(project: Project, choices: Sequence[Mapping[str, str]]) -> None:
    """Queue every combination and run the queue; results in the run cache are restored, not run again.

    Raises:
        KitError: DVC refuses.
    """
    known = {ref.label for ref in open_repository(project.root).refs if ref.kind == "experiment"}
    before = sorted(known & set(map(name_of, choices)))
    if before:  # their names are taken; what they computed stays in the run cache
        _dvc(project, "exp", "remove", *before)
    for choice in choices:
        settings = [word for slot, module in choice.items() for word in ("--set-param", f"slots.{slot}={module}")]
        _dvc(project, "exp", "run", "--queue", "--name", name_of(choice), *settings)
    _dvc(project, "exp", "run", "--run-all")


def outcomes(project: Project, choices: Sequence[Mapping[str, str]], metric: str, verdict: str) -> list[Outcome]:
    """The result of each combination; `metric` and `verdict` are FILE:KEY.KEY in the experiment's commit.

    Raises:
        KitError: none of them could be run.
    """
    history = History.of(project.root)
    found = {ref.label: ref.commit for ref in history.repository.refs if ref.kind == "experiment"}
    if not any(name_of(choice) in found for choice in choices):
        raise KitError("no combination could be run; `dvc queue status` and `dvc queue logs NAME` say why")
    return [_outcome(history, choice, found.get(name_of(choice)), metric, verdict) for choice in choices]


def _outcome(history: History, choice: Mapping[str, str], commit: str | None, metric: str, verdict: str) -> Outcome:
    if commit is None:
        return Outcome(choice, None, None, f"failed; see dvc queue logs {name_of(choice)}")
    revision = history.at(commit)
    decision = _value(revision, verdict)
    words = {True: "accepted", False: "rejected"}
    value = _value(revision, metric)
    number = float(value) if isinstance(value, int | float) else None
    return Outcome(choice, number, _seconds(history, revision), words.get(decision, str(decision)))


def _value(revision: Revision, place: str) -> Any:
    """A value in a JSON file of a commit; None if there is none."""
    file, _, keys = place.partition(":")
    try:
        value = json.loads(revision.files.read(file) or b"null")
        for key in keys.split("."):
            value = value[key]
    except (ValueError, KeyError, TypeError):
        return None
    return value


def _seconds(history: History, revision: Revision) -> float | None:
    """The sum of the seconds that the stages of a commit took, from their records; None if one is missing."""
    records = [history.records.of(execution).document for execution in revision.lock.values() if execution.record]
    return sum(record["duration_s"] for record in records if record) if all(records) else None


def _dvc(project: Project, *arguments: str) -> None:
    # The stages' commands begin with `kit`: the one next to this Python.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=project.root, env={**os.environ, "PATH": path}, check=False)
    if done.returncode:
        raise KitError(f"dvc {' '.join(arguments[:2])}: failed; see its messages above")
