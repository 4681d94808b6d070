"""The run that a stage would have now, as an entry of dvc.lock, and its key in DVC's run cache."""

import posixpath
from typing import Any

from kit.dvc.params import MISSING
from kit.lineage.history.lockfile import Execution
from kit.lineage.staleness.rules import Differences
from kit.project.stage import Stage

ABSENT = "absent"


def planned_run(stage: Stage, locked: Execution | None, differences: Differences, explained: set[str]) -> Execution:
    """What dvc.lock would say if the stage ran now; what DVC does not notice stays as it was."""
    deps = {dep.path: dep.hash for dep in locked.deps} if locked else {}
    deps |= {path: now or ABSENT for path, now in differences.deps.items()}
    params = {file: dict(values) for file, values in locked.params.items()} if locked else {}
    for file, values in differences.params.items():
        if file not in explained:
            params[file] = {name: value for name, value in params.get(file, {}).items() if name not in values}
            params[file] |= {name: value for name, value in values.items() if value is not MISSING}
    outs = {out.path: out.hash for out in locked.outs} if locked else {}
    outs |= {path: "" for path in stage.outs if path not in outs}
    cmd = stage.definition.cmd
    document = {
        "cmd": cmd if isinstance(cmd, str) else list(cmd),
        "deps": [{"path": path, "md5": md5} for path, md5 in deps.items()],
        "params": params,
        "outs": [{"path": path, "md5": md5} for path, md5 in outs.items()],
    }
    return Execution(stage.name, document)


def is_cacheable(stage: Stage) -> bool:
    """Whether DVC looks for a stage's results in its run cache before it runs it (dvc.stage.cache._can_hash)."""
    definition = stage.definition
    if definition.always_changed or not ((definition.deps or definition.params) and definition.outs):
        return False
    return not any(out.persist for out in definition.outs)


def run_key(execution: Execution, wdir: str) -> tuple[Any, ...]:
    """What decides a run: command, inputs, code and parameters, and the paths of what it makes, relative to `wdir`."""
    if wdir != ".":
        execution = execution.moved(posixpath.relpath(".", wdir))
    deps, outs = tuple(sorted(execution.deps)), tuple(sorted(out.path for out in execution.outs))
    params = sorted((file, sorted(values.items(), key=str)) for file, values in execution.params.items())
    return (execution.cmd, deps, outs, str(params))
