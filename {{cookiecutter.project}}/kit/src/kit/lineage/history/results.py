"""The final results of a revision, and how they are read for a comparison."""

import json
from functools import partial
from typing import Any

import yaml

from kit.dvc.cache import FOLDER
from kit.formats import yaml12
from kit.lineage.compare import differences
from kit.lineage.compare.verdict import Content
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Artifact
from kit.lineage.history.revision import Revision
from kit.lineage.history.states import content_of


def content_at(history: History, revision: Revision, artifact: Artifact) -> Content:
    """One side of a comparison."""
    maker = revision.graph.maker(artifact)
    record = history.storage.record(maker).document if maker else None
    entries: list[dict[str, Any]] = list(record["outputs"].values()) if record else []
    digest = next((entry.get("tensor_digest") for entry in entries if entry["path"] == artifact.path), None)
    return Content(
        artifact.hash,
        digest,
        lambda: content_of(history, revision, artifact),
        lambda: _files_of(history, artifact.hash),
    )


def _files_of(history: History, md5: str) -> dict[str, Content] | None:
    """The files of a folder, from DVC's cache."""
    members = history.storage.members(md5) if md5.endswith(FOLDER) else None
    if members is None:
        return None
    return {path: Content(member, None, partial(history.storage.read, member)) for path, member in members.items()}


def final_results(revision: Revision) -> dict[str, Artifact]:
    """What no stage reads, run records aside, and every metric."""
    read = {dep.path for execution in revision.lock.values() for dep in execution.deps}
    metrics = metric_paths(revision)
    results = (out for execution in revision.lock.values() for out in execution.results)
    return {out.path: out for out in results if out.path not in read or out.path in metrics}


def metric_paths(revision: Revision) -> set[str]:
    """The metrics of dvc.yaml."""
    try:
        document = yaml12.load((revision.files.read("dvc.yaml") or b"").decode())
        stages = [stage for stage in document["stages"].values() if isinstance(stage, dict)]
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError):
        return set()
    entries = [entry for stage in stages for entry in stage.get("metrics") or []]
    return {str(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries}


def result_at(revision: Revision, path: str) -> Artifact | None:
    """What a path holds by the lock of a revision, if a stage made it."""
    maker = revision.graph.makers.get(path)
    return next((out for out in maker.outs if out.path == path), None) if maker else None


def metrics_of(history: History, revision: Revision) -> dict[str, float]:
    """file:key to value, of every number and every yes or no in the metrics of dvc.yaml."""
    found: dict[str, float] = {}
    for path in sorted(metric_paths(revision)):
        artifact = result_at(revision, path)
        data = content_of(history, revision, artifact) if artifact else None
        try:
            document = json.loads(data or b"{}")
        except ValueError:
            continue
        values = differences.flat(document) if isinstance(document, dict) else ()
        found |= {f"{path}:{name}": value for name, value in values if isinstance(value, int | float)}
    return found
