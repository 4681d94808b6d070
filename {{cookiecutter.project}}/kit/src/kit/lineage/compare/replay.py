"""Run a stage again, from a clean clone with the recorded lock and inputs, and compare what comes out."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.dvc.artifact import Artifact, stays_inside
from kit.dvc.hashing import FOLDER, md5_of_bytes
from kit.errors import KitError
from kit.git.command import run_git
from kit.lineage.compare.causes import Cause, Side, hidden_causes
from kit.lineage.compare.verdict import Agreement, Content, Verdict, compare, overall, tolerance_of
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.results import metric_paths
from kit.lineage.history.revision import Revision
from kit.lineage.history.states import content_of
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
    """Clone the revision to a temporary folder, put the recorded inputs there, and run the stage's module.

    Raises:
        KitError: code or inputs are not as recorded, or the run fails; the project itself is not touched.
    """
    history.needs_working_tree()
    _check(revision, execution)
    with tempfile.TemporaryDirectory(prefix="kit-replay-") as folder:
        clone = Path(folder) / "clone"
        _clone(history, revision, clone)
        for dep in execution.inputs:
            _place(history, revision, dep, clone)
        _run(clone, execution)
        now = json.loads((clone / (execution.record.path if execution.record else RECORD)).read_bytes())
        return _compared(history, revision, execution, clone, now)


def _check(revision: Revision, execution: Execution) -> None:
    if not execution.module:
        raise KitError(f"stage {execution.stage}: is a plain DVC stage, which keeps no record; `dvc repro` runs it")
    if execution.record is None:
        raise KitError(
            f"stage {execution.stage}: keeps no run record; add artifacts/{execution.stage}/run.json to its outs"
        )
    for artifact in (*execution.inputs, *execution.outs):
        if not stays_inside(artifact.path):
            raise KitError(f"dvc.lock: stage {execution.stage}: {artifact.path} is outside the project")
    source, code = revision.source(execution.module), execution.code
    if source is None or code is None or source.md5 != code.hash:
        label = f"modules/{execution.module}"
        raise KitError(
            f"{label}: {revision.name} does not have the code that ran, so it cannot be replayed; see `kit verify`"
        )


def _clone(history: History, revision: Revision, clone: Path) -> None:
    """The commit's files; of the working tree HEAD's, with what is not committed copied over."""
    commit = revision.commit.id if revision.commit else history.repository.head
    if commit is None:
        raise KitError("nothing is committed yet; `git commit` first")
    top = history.repository.git("rev-parse", "--show-toplevel").strip()
    whole = clone.with_name("repository")
    for place, arguments in (
        (history.root, ["clone", "--quiet", "--no-checkout", "--shared", "--", top, str(whole)]),
        (whole, ["checkout", "--quiet", "--detach", commit]),
    ):
        done = run_git(place, *arguments, elsewhere=True)
        if done.exit_status:
            raise KitError(f"git {arguments[0]}: {done.message}")
    (whole / history.repository.prefix).rename(clone)
    if revision.commit is None:
        for path in ("dvc.yaml", "params.yaml", "dvc.lock", ".dvcignore"):
            if (history.root / path).is_file():
                shutil.copy2(history.root / path, clone / path)
        for folder in ("modules", "contracts"):
            shutil.rmtree(clone / folder, ignore_errors=True)
            if (history.root / folder).is_dir():
                shutil.copytree(history.root / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))


def _place(history: History, revision: Revision, dep: Artifact, clone: Path) -> None:
    """Put an input where the stage reads it, from the cache or the working tree, and check its bytes."""
    if dep.hash.endswith(FOLDER):
        for name, md5 in (history.storage.members(dep.hash) or _missing(dep)).items():
            if not stays_inside(name):
                raise KitError(f"{dep.path}: its listing in DVC's cache names {name}, which is outside the folder")
            _write(clone / dep.path / name, history.storage.read(md5) or _missing(dep))
        return
    _write(clone / dep.path, content_of(history, revision, dep) or history.storage.read(dep.hash) or _missing(dep))


def _missing(dep: Artifact) -> Any:
    raise KitError(f"{dep.path}: its bytes ({dep.hash[:12]}) are not on this machine; `dvc fetch` brings them")


def _write(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.write_bytes(data)


def _run(clone: Path, execution: Execution) -> None:
    """`kit run`, not `dvc repro`: nothing may come from a cache."""
    for out in execution.outs:
        (clone / out.path).unlink(missing_ok=True)
    # -P: the folder named kit in the clone must not be imported.
    command = [sys.executable, "-P", "-m", "kit", "run", execution.stage]
    # What the module prints belongs to its author's eyes, not into the answer.
    done = subprocess.run(command, cwd=clone, env=_variables(), stdout=sys.stderr.fileno(), check=False)
    if done.returncode:
        raise KitError(f"stage {execution.stage}: cannot be run again; see its messages above")


def _variables() -> dict[str, str]:
    """This kit, wherever it is installed, is the one that runs."""
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
            Content(out.hash, _digest(recorded, out.path), lambda out=out: content_of(history, revision, out)),  # type: ignore[misc]
            _made(clone / out.path, _digest(now, out.path)),
            out.path in metrics,
            tolerance,
        )
        for out in execution.results
    )
    level = overall(verdicts, frozenset(metrics))
    sides = [Side(execution, None, record, {}) for record in (recorded, now)]
    differs = level is not Agreement.IDENTICAL_BYTES
    return Replay(execution.stage, verdicts, level, recorded, now, tuple(hidden_causes(*sides) if differs else ()))


def _digest(record: Mapping[str, Any] | None, path: str) -> str | None:
    entries: Iterator[Any] = iter(record["outputs"].values() if record else ())
    return next((entry.get("tensor_digest") for entry in entries if entry["path"] == path), None)


def _made(place: Path, digest: str | None) -> Content:
    data = place.read_bytes()
    return Content(md5_of_bytes(data), digest, lambda: data)
