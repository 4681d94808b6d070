"""What differs between a stage and dvc.lock, by DVC's own rules (dvc.stage.Stage.changed, 3.67.1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.dvc.hashing import dvc_hash, ignored_in
from kit.dvc.params import changed_params, read_params
from kit.dvc.stages import Out, is_address
from kit.lineage.compare.causes import Cause, Kind
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.project.stage import Stage

Values = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Differences:
    """How a stage is now, where it differs from dvc.lock.

    `deps` maps a path to its hash now, None where it is not here; `params` maps a file to the names that differ, each
    with its value now, which may be MISSING.
    """

    command: bool
    deps: Mapping[str, str | None]
    params: Values
    outs: tuple[Cause, ...]

    @property
    def outs_alone(self) -> bool:
        return bool(self.outs) and not (self.command or self.deps or self.params)


class WorkingTree:
    """What DVC would find on disk; each path is hashed once.

    With `allow_missing`, data that is not here is not taken for changed, as `dvc repro --allow-missing` does.
    """

    def __init__(self, history: History, allow_missing: bool) -> None:
        self.history = history
        self.allow_missing = allow_missing
        self.recorded = _recorded_hashes(history)
        self._ignored = ignored_in(history.root)
        self._hashes: dict[str, str | None] = {}
        self._restored: dict[str, str] = {}
        self._params: dict[str, Mapping[str, Any] | None] = {}

    def differences(self, stage: Stage, locked: Execution) -> Differences:
        """What differs, not counting what would run upstream.

        Raises:
            KitError: a file of parameters cannot be read.
        """
        return Differences(
            stage.definition.cmd != locked.cmd,
            dict(self._changed_deps(stage, locked)),
            {file: values for file in stage.param_files if (values := self._changed_params(stage, locked, file))},
            tuple(self._changed_outs(stage, locked)),
        )

    def hash(self, path: str) -> str | None:
        """DVC's hash of a path's content; None where there is none."""
        if path not in self._hashes:
            self._hashes[path] = dvc_hash(self.history.root, path, self._ignored)
        return self._hashes[path]

    def check_out(self, stage: Stage) -> bool:
        """Whether DVC's cache has all outs of a stage; if so, they count as restored from here on.

        DVC removes outs before it looks, so that an uncached one is lost.
        """
        known = {out.path: out.hash for out in self.history.working_tree.lock[stage.name].outs}
        held = all(path in known and self.history.storage.holds(known[path]) for path in stage.outs)
        self._restored |= {path: known[path] for path in stage.outs} if held else {}
        return held

    def _changed_deps(self, stage: Stage, locked: Execution) -> Iterator[tuple[str, str | None]]:
        known = {dep.path: dep.hash for dep in locked.deps}
        for path in stage.reads:
            if is_address(path):
                continue
            now = self._rebuilt(path, known.get(path)) or self.hash(path)
            if now is None and self.allow_missing:  # dvc.lock or its .dvc file has the hash
                now = self.recorded.get(path, known.get(path))
            if now is None or now != known.get(path):
                yield path, now

    def _rebuilt(self, path: str, recorded: str | None) -> str | None:
        """The hash of what is restored before its reader looks; of a folder that contains it, the recorded one."""
        for out, md5 in self._restored.items():
            if path == out:
                return md5
            if path.startswith(f"{out}/"):
                return (self.history.storage.members(md5) or {}).get(path.removeprefix(f"{out}/"))
            if out.startswith(f"{path}/"):
                return recorded
        return None

    def _changed_params(self, stage: Stage, locked: Execution, file: str) -> Mapping[str, Any]:
        document = self._document(file)
        if document is None and self.allow_missing:
            return {}
        return changed_params(stage.definition.params[file], locked.params.get(file), document or {})

    def _document(self, file: str) -> Mapping[str, Any] | None:
        if file not in self._params:
            data = self.history.working_tree.files.read(file)
            self._params[file] = None if data is None else read_params(data, file)
        return self._params[file]

    def _changed_outs(self, stage: Stage, locked: Execution) -> Iterator[Cause]:
        known = {out.path: out.hash for out in locked.outs}
        for out in stage.definition.outs:
            if is_address(out.path):
                continue
            recorded, now = known.get(out.path), self.hash(out.path)
            if recorded is None and now is None and self.allow_missing:
                continue  # DVC takes it for missing data, and does not run the stage
            if recorded is None:
                yield Cause(Kind.WIRING, f"{out.path}: is a new out, which dvc.lock does not have", path=out.path)
            elif now is not None and now != recorded:
                changed = f"{out.path}: is not what the stage made; it was changed since"
                yield Cause(Kind.DATA, changed, path=out.path)
            elif not self.allow_missing:
                yield from self._absent(out, recorded, now)

    def _absent(self, out: Out, recorded: str, now: str | None) -> Iterator[Cause]:
        """An out that is not on disk, or that DVC's cache does not have."""
        held = self.history.storage.holds(recorded)
        if now is None:
            where = " (in the cache)" if held else ", and DVC's cache does not have it"
            yield Cause(Kind.DATA, f"{out.path}: is not here{where}", path=out.path)
        elif out.cached and not held:
            yield Cause(Kind.DATA, f"{out.path}: is not in DVC's cache", path=out.path)


def unnoticed(stage: Stage, locked: Execution) -> Iterator[str]:
    """What is in dvc.lock and no longer in dvc.yaml, and what is in a remote store; neither counts as changed."""
    kept = {"dep": set(stage.reads), "out": set(stage.outs), "params file": set(stage.param_files)}
    held = {
        "dep": [dep.path for dep in locked.deps],
        "out": [out.path for out in locked.outs],
        "params file": list(locked.params),
    }
    remedy = f"`dvc repro --force {stage.name}`"
    for what, paths in held.items():
        for path in sorted(set(paths) - kept[what]):
            yield f"dvc.lock still holds the {what} {path}, which dvc.yaml dropped; DVC does not notice: {remedy}"
    for path in filter(is_address, (*stage.deps, *stage.outs)):
        yield f"{path}: whether it changed is not looked at here; `dvc status {stage.name}` does"


def _recorded_hashes(history: History) -> dict[str, str]:
    """Path to its hash in dvc.lock, where a stage made it, or in its .dvc file."""
    working = history.working_tree
    if working.problem:
        raise working.problem
    raw = {path: data.artifact.hash for path, data in working.raw.items()}
    return raw | {out.path: out.hash for execution in working.lock.values() for out in execution.outs}
