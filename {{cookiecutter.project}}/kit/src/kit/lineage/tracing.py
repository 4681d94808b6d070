"""Everything that a result was made from, back to the raw data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.dvc.artifact import Artifact
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.revision import Revision
from kit.lineage.history.states import State, state_of
from kit.lineage.history.target import Target
from kit.lineage.origin import Origin, origin_of
from kit.project.module_code import Source
from kit.project.raw_data import RawData


@dataclass(frozen=True)
class ArtifactNode:
    """A file or folder: whether the bytes here match, what made it or where it comes from, and a note on problems."""

    artifact: Artifact
    state: State
    made_by: str | None
    raw: RawData | None = None
    note: str = ""


@dataclass(frozen=True)
class ExecutionNode:
    """A stage's run: its module at the revision, its record if that is on this machine, and what it read."""

    execution: Execution
    source: Source | None
    record: Mapping[str, Any] | None
    record_problem: str
    origin: Origin
    inputs: tuple[Artifact, ...]

    @property
    def version(self) -> str:
        """The module's version: the record's, else that of the module.yaml whose folder has the lock's hash."""
        if self.record:
            return str(self.record["module"]["version"])
        code = self.execution.code
        return self.source.version if self.source and code and self.source.md5 == code.hash else "unknown"


@dataclass(frozen=True)
class Step:
    """One line of the tree: `level` from 0; `seen` where its own tree was shown before."""

    level: int
    node: ArtifactNode | ExecutionNode
    seen: bool


@dataclass
class Trace:
    """The lineage of one artifact or execution, with every node once."""

    revision: Revision
    root: Artifact | str
    artifacts: dict[Artifact, ArtifactNode] = field(default_factory=dict)
    executions: dict[str, ExecutionNode] = field(default_factory=dict)

    def steps(self, depth: int | None = None) -> Iterator[Step]:
        """The tree from the result to the raw data, `depth` executions deep; what was shown before is not repeated."""
        label: set[Artifact | str] = set()
        waiting: list[tuple[int, int, Artifact | str]] = [(0, 0, self.root)]
        while waiting:
            level, runs, key = waiting.pop()
            node: ArtifactNode | ExecutionNode = (
                self.artifacts[key] if isinstance(key, Artifact) else self.executions[key]
            )
            before = self._before(node)
            yield Step(level, node, key in label and bool(before))
            if key in label or (depth == runs and isinstance(node, ArtifactNode)):
                continue
            label.add(key)
            waiting += [(level + 1, runs + isinstance(node, ExecutionNode), above) for above in reversed(before)]

    def _before(self, node: ArtifactNode | ExecutionNode) -> list[Artifact | str]:
        if isinstance(node, ExecutionNode):
            return list(node.inputs)
        return [node.made_by] if node.made_by else []

    @property
    def raw(self) -> list[ArtifactNode]:
        """The artifacts that no stage made."""
        return [node for node in self.artifacts.values() if node.made_by is None]


def trace(history: History, target: Target) -> Trace:
    """Follow a result to everything it was made from, in the lock of the target's revision.

    An input that no stage in this lock made is not looked up in other locks: the trace says so; `kit find` finds it.
    """
    root: Artifact | str
    root = target.artifact if target.artifact else target.execution.stage if target.execution else ""
    found = Trace(target.revision, root)
    waiting: list[Artifact | str] = [root]
    while waiting:
        key = waiting.pop()
        if isinstance(key, Artifact):
            if key not in found.artifacts:
                found.artifacts[key] = artifact_node(history, target.revision, key)
                made_by = found.artifacts[key].made_by
                waiting += [made_by] if made_by else []
        elif key not in found.executions:
            found.executions[key] = execution_node(history, target.revision, target.revision.lock[key])
            waiting += found.executions[key].inputs
    return found


def whole_trace(history: History, revision: Revision) -> Trace:
    """Everything in a revision's lock."""
    found = Trace(revision, "")
    for execution in revision.graph.in_order:
        found.executions[execution.stage] = execution_node(history, revision, execution)
        for artifact in (*execution.inputs, *execution.results):
            if artifact not in found.artifacts:
                found.artifacts[artifact] = artifact_node(history, revision, artifact)
    return found


def artifact_node(history: History, revision: Revision, artifact: Artifact) -> ArtifactNode:
    """An artifact at a revision."""
    state = state_of(history, revision, artifact)
    maker = revision.graph.maker(artifact)
    if maker:
        return ArtifactNode(artifact, state, maker.stage)
    other = revision.graph.makers.get(artifact.path)
    if other:
        note = (
            f"dvc.lock: stage {other.stage} made other bytes; the stage that read these ran before that, or elsewhere"
        )
        return ArtifactNode(artifact, state, None, note=note)
    inside = revision.graph.makers_around(artifact)
    if inside:
        return ArtifactNode(artifact, state, inside[0].stage)
    raw = revision.raw.get(artifact.path)
    if raw and raw.artifact.hash != artifact.hash:
        return ArtifactNode(artifact, state, None, raw, f"{raw.tracked_by} has another hash")
    note = "" if raw or revision.files.read(artifact.path) is not None else "its origin is unknown"
    return ArtifactNode(artifact, state, None, raw, note)


def execution_node(history: History, revision: Revision, execution: Execution) -> ExecutionNode:
    """An execution at a revision."""
    recorded = history.records.of(execution)
    origin = origin_of(history, revision, execution, recorded.document)
    source = revision.source(execution.module) if execution.module else None
    return ExecutionNode(execution, source, recorded.document, str(recorded.problem or ""), origin, execution.inputs)
