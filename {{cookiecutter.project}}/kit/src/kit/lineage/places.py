"""Where in history a content occurs: an index over every lock, and over every run record that is here."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kit.lineage.history import History
from kit.lineage.lockfile import Artifact, Execution
from kit.lineage.revision import Revision

MADE, READ, RAW = "made", "read", "raw data"


@dataclass(frozen=True)
class Place:
    """A content at a revision: its path there, and how the lock speaks of it (made, read, raw data)."""

    revision: Revision
    artifact: Artifact
    role: str
    stage: str


@dataclass(frozen=True)
class Occurrence:
    """A content in the locks: path and hash, role, stage, and the blobs of the locks; none: in the run cache alone."""

    artifact: Artifact
    role: str
    execution: Execution
    blobs: tuple[str, ...]


class Contents:
    """Looks contents up by the beginning of any of their hashes."""

    def __init__(self, history: History) -> None:
        self.history = history

    @cached_property
    def executions(self) -> Mapping[str, tuple[Execution, tuple[str, ...]]]:
        """Id to execution and the locks that hold it; those of the run cache alone have none."""
        blobs: dict[str, list[str]] = defaultdict(list)
        known: dict[str, Execution] = {}
        for execution, blob in self.history.executions():
            known.setdefault(execution.id, execution)
            blobs[execution.id].append(blob)
        for execution in [*self.history.working_tree.lock.values()] if self.history.has_working_tree else []:
            known.setdefault(execution.id, execution)
        results = {(execution.command, execution.outs) for execution in known.values()}
        for execution in self.history.storage.run_cache():
            if (execution.command, execution.outs) not in results:
                known.setdefault(execution.id, execution)
        return {key: (execution, tuple(blobs.get(key, ()))) for key, execution in known.items()}

    @cached_property
    def by_md5(self) -> Mapping[str, list[Occurrence]]:
        """Each MD5 of an out or dep to where it occurs; of equal ones what was made comes first."""
        found: dict[str, list[Occurrence]] = defaultdict(list)
        for execution, blobs in self.executions.values():
            for out in execution.outs:
                found[out.hash].append(Occurrence(out, MADE, execution, blobs))
        for execution, blobs in self.executions.values():
            for dep in execution.deps:
                found[dep.hash].append(Occurrence(dep, READ, execution, blobs))
        return found

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.by_md5)

    def beginning_with(self, prefix: str) -> list[str]:
        """The MD5s that begin so."""
        return list(_prefixed(self._sorted, prefix))

    @cached_property
    def records(self) -> list[tuple[Execution, dict[str, Any]]]:
        """Every run record that is here; one of many executions only once."""
        found: dict[str, tuple[Execution, dict[str, Any]]] = {}
        for execution, _ in self.executions.values():
            document = self.history.storage.record(execution).document
            if document and execution.record and execution.record.hash not in found:
                found[execution.record.hash] = (execution, document)
        return list(found.values())

    @property
    def records_missing(self) -> int:
        """How many executions have a record that is not here."""
        here = {execution.record.hash for execution, _ in self.records if execution.record}
        wanted = {execution.record.hash for execution, _ in self.executions.values() if execution.record}
        return len(wanted - here)

    @cached_property
    def by_digest(self) -> Mapping[str, str]:
        """SHA-256 and tensor digest, as records have them, to MD5."""
        found: dict[str, str] = {}
        for execution, document in self.records:
            md5 = {artifact.path: artifact.hash for artifact in (*execution.deps, *execution.outs)}
            for entry in (*document["inputs"].values(), *document["outputs"].values()):
                for name in ("sha256", "tensor_digest"):
                    if name in entry and entry["path"] in md5:
                        found.setdefault(entry[name], md5[entry["path"]])
        return found

    def md5s(self, prefix: str) -> list[str]:
        """The MD5s of the contents one of whose hashes begins so."""
        direct = self.beginning_with(prefix)
        if direct:
            return direct
        known = self.by_digest
        return list(dict.fromkeys(known[digest] for digest in _prefixed(sorted(known), prefix)))


def _prefixed(ordered: list[str], prefix: str) -> Iterator[str]:
    for index in range(bisect_left(ordered, prefix), len(ordered)):
        if not ordered[index].startswith(prefix):
            return
        yield ordered[index]


def places_of_hash(history: History, prefix: str, first: Revision) -> list[Place]:
    """Where a content is, looked for at one revision and, where it is not there, in all commits, newest first."""
    here = list(_places_at(first, prefix))
    if here:
        return here
    contents = Contents(history)
    found = []
    for md5 in contents.md5s(prefix):
        known = [place for place in _places_at(first, md5)]
        found += known or list(_newest(history, contents.by_md5[md5]))
    return found


def _places_at(revision: Revision, prefix: str) -> Iterator[Place]:
    for execution in revision.lock.values():
        for out in execution.outs:
            if out.hash.startswith(prefix):
                yield Place(revision, out, MADE, execution.stage)
    for execution in revision.lock.values():
        for dep in execution.deps:
            if dep.hash.startswith(prefix):
                yield Place(revision, dep, READ, execution.stage)
    for data in revision.raw.values():
        if data.artifact.hash.startswith(prefix):
            yield Place(revision, data.artifact, RAW, "")


def _newest(history: History, occurrences: Iterable[Occurrence]) -> Iterator[Place]:
    """The newest commit of each; an execution that only the run cache has is in none."""
    order = {commit: number for number, commit in enumerate(history.commits)}
    for occurrence in occurrences:
        commits = [history.holders[blob][0] for blob in occurrence.blobs]
        if commits:
            newest = min(commits, key=lambda commit: order[commit])
            yield Place(history.at(newest), occurrence.artifact, occurrence.role, occurrence.execution.stage)
