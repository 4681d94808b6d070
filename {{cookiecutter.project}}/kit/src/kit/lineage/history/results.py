"""The final results of a revision, and how they are read for a comparison."""

import json

import yaml

from kit.dvc.artifact import Artifact
from kit.formats import yaml12
from kit.formats.flat import flat
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision
from kit.lineage.history.states import content_of


def final_results(revision: Revision) -> dict[str, Artifact]:
    """Outs that no stage reads, without run records, and every metric."""
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
    """The artifact at a path in the lock of a revision, if a stage made it."""
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
        values = flat(document) if isinstance(document, dict) else ()
        found |= {f"{path}:{name}": value for name, value in values if isinstance(value, int | float)}
    return found
