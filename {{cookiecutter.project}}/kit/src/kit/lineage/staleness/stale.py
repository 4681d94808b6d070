"""Which stages dvc.lock has no results for, told without any data: what `dvc repro --allow-missing` would run."""

from kit.dvc.hashing import dvc_hash
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.project.pipeline import MODULES, Pipeline, Stage
from kit.project.project import Project


def stale_stages(history: History, pipeline: Pipeline | None = None) -> list[str]:
    """In the order of dvc.yaml; a stage behind a stale one is stale, though it may turn out unchanged."""
    pipeline = pipeline or Pipeline(Project(history.root))
    stages = {stage.name: stage for stage in pipeline.stages()}
    known: dict[str, bool] = {}

    def stale(name: str) -> bool:
        if name not in known:
            known[name] = False  # stages that wait for each other, which `kit check` reports
            stage = stages[name]
            makers = [pipeline.producers[dep] for dep in stage.deps if dep in pipeline.producers]
            locked = history.working_tree.lock.get(name)
            # No short cut: every stage before is looked at, so that the answer holds for each of them.
            known[name] = (
                any([stale(maker) for maker in makers]) or locked is None or _differs(history, pipeline, stage, locked)
            )
        return known[name]

    return [name for name in stages if stale(name)]


def _differs(history: History, pipeline: Pipeline, stage: Stage, locked: Execution) -> bool:
    """Whether command, code, parameters or inputs are not those of the lock."""
    working = history.working_tree
    source = working.source(stage.module) if stage.module else None
    code = {MODULES + stage.module: source.md5 if source else ""} if stage.module else {}
    deps = code | {dep: _hash(history, dep) for dep in stage.deps}
    settings = {name: _setting(pipeline, name) for name in stage.declared}
    return (
        stage.command != locked.command
        or deps != {dep.path: dep.hash for dep in locked.deps}
        or settings != dict(locked.settings)
        or set(stage.outs) != {out.path for out in locked.outs}
    )


def _hash(history: History, path: str) -> str:
    """What a dep is now: as its maker's lock or its .dvc file has it, else as it lies here."""
    working = history.working_tree
    maker = working.graph.makers.get(path)
    if maker:
        return next(out.hash for out in maker.outs if out.path == path)
    if path in working.raw:
        return working.raw[path].artifact.hash
    place = history.root / path
    return dvc_hash(place) if place.exists() else ""


def _setting(pipeline: Pipeline, name: str) -> object:
    found: object = pipeline.params
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found
