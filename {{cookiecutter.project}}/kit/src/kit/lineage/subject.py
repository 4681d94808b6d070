"""The subject of an export: some results, and everything that they were made from."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import FOLDER
from kit.errors import KitError
from kit.formats.front_matter import card_in
from kit.lineage.history.history import History
from kit.lineage.history.results import final_results, metrics_of
from kit.lineage.history.revision import Revision
from kit.lineage.history.target import target_of
from kit.lineage.licensing import project_license
from kit.lineage.tracing import ExecutionNode, Trace, artifact_node, trace, whole_trace
from kit.project.settings import pyproject


@dataclass(frozen=True)
class Subject:
    """Results of one revision with their lineage. Exports have no time of their own, so that they are reproducible."""

    history: History
    trace: Trace
    results: tuple[Artifact, ...]

    @property
    def revision(self) -> Revision:
        return self.trace.revision

    @cached_property
    def executions(self) -> list[ExecutionNode]:
        """In the order of the pipeline."""
        order = [execution.stage for execution in self.revision.graph.in_order]
        return [self.trace.executions[stage] for stage in order if stage in self.trace.executions]

    @cached_property
    def commit(self) -> str | None:
        """The commit of this lock; for the working tree HEAD, if that has the same lock, else None."""
        if self.revision.commit:
            return self.revision.commit.id
        head = self.history.repository.head
        return head if head and self.history.at(head).lock == self.revision.lock else None

    @cached_property
    def project(self) -> Mapping[str, Any]:
        """[project] of pyproject.toml."""
        return pyproject(self.revision.files, "project")

    @property
    def name(self) -> str:
        """The project's name in letters, digits, dots and dashes, so that it can be a file name."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", str(self.project.get("name") or self.history.root.name)).strip(".-")

    @property
    def license(self) -> str | None:
        return project_license(self.revision.files)

    @cached_property
    def finished(self) -> datetime:
        """When the last of the runs ended; without records when the commit was made."""
        ends = [datetime.fromisoformat(node.record["finished"]) for node in self.executions if node.record]
        commit = self.history.commits.get(self.commit or "")
        return max(ends) if ends else datetime.fromtimestamp(commit.time if commit else 0, UTC)

    def recorded(self, artifact: Artifact) -> Mapping[str, Any]:
        """A file's entry in a run record: size, SHA-256 and, for weights, digests of tensors; empty without one."""
        return self._recorded.get(artifact, {})

    @cached_property
    def _recorded(self) -> Mapping[Artifact, Mapping[str, Any]]:
        """From the record of the stage that made it, else of a stage that read it."""
        found: dict[Artifact, Mapping[str, Any]] = {}
        for side in ("inputs", "outputs"):
            for node in self.executions:
                known = {artifact.path: artifact for artifact in (*node.execution.deps, *node.execution.outs)}
                entries = node.record[side].values() if node.record else ()
                found |= {known[entry["path"]]: entry for entry in entries if entry["path"] in known}
        return found

    def digests(self, artifact: Artifact) -> dict[str, str]:
        """Algorithm to digest in hex, SHA-256 first where it is known."""
        sha256 = self.recorded(artifact).get("sha256")
        found = {"sha256": str(sha256)} if sha256 else {}
        md5 = artifact.hash.removesuffix(FOLDER)
        return found | ({"md5": md5} if len(md5) == 32 else {})

    def card(self, module: str) -> Mapping[str, Any]:
        """The front matter of a module's README.md."""
        return card_in(self.revision.files.read(f"modules/{module}/README.md"))

    def metrics(self) -> Iterator[tuple[str, float]]:
        """(file:key, value) of every number in the metrics that were made from these results."""
        graph = self.revision.graph
        makers = {maker.stage for result in self.results if (maker := graph.maker(result))}
        reached = makers | graph.downstream(makers)
        for name, value in metrics_of(self.history, self.revision).items():
            maker = graph.makers.get(name.partition(":")[0])
            if maker and maker.stage in reached and not isinstance(value, bool):
                yield name, value

    @cached_property
    def lineage_digest(self) -> str:
        """SHA-256 over the sorted ids of all executions and the hashes of the results: identifies this lineage."""
        parts = [*sorted(node.execution.id for node in self.executions), *sorted(map(str, self.results))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def subject_of(history: History, query: str | None, rev: str | None, cwd: Path | None = None) -> Subject:
    """A file (from `cwd`; by default the project), hash or stage with its lineage; all final results for None.

    Raises:
        KitError: there is no such thing, or nothing has run.
    """
    if query is None:
        revision = history.revision(rev)
        if not revision.lock:
            raise KitError(f"{revision.name}: {revision.problem or 'has no dvc.lock; nothing had run there'}")
        return Subject(history, whole_trace(history, revision), tuple(final_results(revision).values()))
    target = target_of(history, query, rev, cwd or history.root)
    results = (target.artifact,) if target.artifact else target.execution.results if target.execution else ()
    found = trace(history, target)
    for artifact in results:
        if artifact not in found.artifacts:
            found.artifacts[artifact] = artifact_node(history, target.revision, artifact)
    return Subject(history, found, results)
