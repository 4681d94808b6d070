"""Run combinations of modules as DVC experiments, and read what came of them from Git and DVC's cache."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import yaml12
from kit.errors import KitError
from kit.pipeline import cache_folder
from kit.project import Project

EXPERIMENTS = "refs/exps"


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
    """Queue every combination and run the queue; what the run cache holds is restored, not run.

    Raises:
        KitError: DVC refuses.
    """
    before = sorted(set(_refs(project)) & set(map(name_of, choices)))
    if before:  # their names are taken; what they computed stays in the run cache
        _dvc(project, "exp", "remove", *before)
    for choice in choices:
        settings = [word for slot, module in choice.items() for word in ("--set-param", f"slots.{slot}={module}")]
        _dvc(project, "exp", "run", "--queue", "--name", name_of(choice), *settings)
    _dvc(project, "exp", "run", "--run-all")


def outcomes(project: Project, choices: Sequence[Mapping[str, str]], metric: str, verdict: str) -> list[Outcome]:
    """What came of each combination; `metric` and `verdict` are FILE:KEY.KEY in the experiment's commit.

    Raises:
        KitError: none of them could be run.
    """
    by_name = _refs(project)
    if not any(name_of(choice) in by_name for choice in choices):
        raise KitError("no combination could be run; `dvc queue status` and `dvc queue logs NAME` say why")
    return [_outcome(project, choice, by_name.get(name_of(choice)), metric, verdict) for choice in choices]


def _refs(project: Project) -> dict[str, str]:
    """Experiment to its ref."""
    refs = _git(project, "for-each-ref", "--format=%(refname)", EXPERIMENTS).split()
    return {ref.rpartition("/")[2]: ref for ref in refs}


def _outcome(project: Project, choice: Mapping[str, str], ref: str | None, metric: str, verdict: str) -> Outcome:
    if ref is None:
        return Outcome(choice, None, None, f"failed; see dvc queue logs {name_of(choice)}")
    said = _value(project, ref, verdict)
    words = {True: "accepted", False: "rejected"}
    value = _value(project, ref, metric)
    number = float(value) if isinstance(value, int | float) else None
    return Outcome(choice, number, _seconds(project, ref), words.get(said, str(said)))


def _value(project: Project, ref: str, place: str) -> Any:
    """A value in a JSON file of a commit; None where it is not there."""
    file, _, keys = place.partition(":")
    try:
        value = json.loads(_git(project, "show", f"{ref}:{file}"))
        for key in keys.split("."):
            value = value[key]
    except (KitError, ValueError, KeyError, TypeError):
        return None
    return value


def _seconds(project: Project, ref: str) -> float | None:
    """How long the stages of a commit took when they ran, from their records in DVC's cache; None if one is missing."""
    lock = yaml12.load(_git(project, "show", f"{ref}:dvc.lock"))
    outs = [out for stage in lock["stages"].values() for out in stage.get("outs", [])]
    total = 0.0
    for digest in (out["md5"] for out in outs if out["path"].endswith("/run.json")):
        try:
            record = json.loads((cache_folder(project) / "files" / "md5" / digest[:2] / digest[2:]).read_bytes())
        except OSError:
            return None
        total += record["duration_s"]
    return total


def _dvc(project: Project, *arguments: str) -> None:
    # The stages' commands begin with `kit`, the one beside this Python.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=project.root, env={**os.environ, "PATH": path}, check=False)
    if done.returncode:
        raise KitError(f"dvc {' '.join(arguments[:2])}: failed; its own messages stand above")


def _git(project: Project, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=project.root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KitError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout
