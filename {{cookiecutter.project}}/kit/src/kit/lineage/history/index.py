"""Where in history a content occurs: an index of every lock, and of every run record on this machine."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kit.dvc.artifact import Artifact
from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.revision import Revision
from kit.lineage.history.run_cache import cached_executions

MADE, READ, RAW = "made", "read", "raw data"


@dataclass(frozen=True)
class Place:
    """A content at a revision: its path there, and its role in the lock (made, read, raw data)."""

    revision: Revision
    artifact: Artifact
    role: str
    stage: str


@dataclass(frozen=True)
class Occurrence:
    """A content in the locks: path and hash, role, stage, and the blobs of the locks; none: only in the run cache."""

    artifact: Artifact
    role: str
    execution: Execution
    blobs: tuple[str, ...]


class ContentIndex:
    """Finds contents by the first digits of any of their hashes."""

    def __init__(self, history: History) -> None:
        self.history = history

    @cached_property
    def executions(self) -> list[tuple[Execution, tuple[str, ...]]]:
        """Each execution once, with the locks that have it; executions that are only in the run cache have none."""
        found: dict[int, tuple[Execution, list[str]]] = {}
        for execution, blob in self.history.executions():  # equal entries are one object
            found.setdefault(id(execution), (execution, []))[1].append(blob)
        here = self.history.interned(self.history.working_tree.lock) if self.history.has_working_tree else {}
        for execution in here.values():
            found.setdefault(id(execution), (execution, []))
        known = [(execution, tuple(blobs)) for execution, blobs in found.values()]
        cached = list(cached_executions(self.history.storage))
        results = {(execution.command, execution.outs) for execution, _ in known} if cached else set()
        return known + [(other, ()) for other in cached if (other.command, other.outs) not in results]

    @cached_property
    def locks_of(self) -> Mapping[int, tuple[str, ...]]:
        """id() of an execution to the locks that have it."""
        return {id(execution): blobs for execution, blobs in self.executions}

    @cached_property
    def hashes(self) -> set[str]:
        """DVC's hashes of everything that was ever read or made."""
        return {artifact.hash for execution, _ in self.executions for artifact in (*execution.deps, *execution.outs)}

    def occurrences(self, md5: str) -> list[Occurrence]:
        """The places where a content occurs; where it was made comes first."""
        made, read = [], []
        for execution, blobs in self.executions:
            made += [Occurrence(out, MADE, execution, blobs) for out in execution.outs if out.hash == md5]
            read += [Occurrence(dep, READ, execution, blobs) for dep in execution.deps if dep.hash == md5]
        return made + read

    @cached_property
    def records(self) -> list[tuple[Execution, dict[str, Any]]]:
        """Every run record on this machine; one of several executions only once."""
        found: dict[str, tuple[Execution, dict[str, Any]]] = {}
        for execution, _ in self.executions:
            document = self.history.records.of(execution).document
            if document and execution.record and execution.record.hash not in found:
                found[execution.record.hash] = (execution, document)
        return list(found.values())

    @property
    def records_missing(self) -> int:
        """How many executions have a record that is not on this machine."""
        here = {execution.record.hash for execution, _ in self.records if execution.record}
        wanted = {execution.record.hash for execution, _ in self.executions if execution.record}
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
        """The MD5s of the contents with a hash that begins with these digits."""
        direct = [md5 for md5 in self.hashes if md5.startswith(prefix)]
        if direct:
            return sorted(direct)
        known = (md5 for digest, md5 in self.by_digest.items() if digest.startswith(prefix))
        return list(dict.fromkeys(known))


def places_of_hash(history: History, prefix: str, first: Revision) -> list[Place]:
    """Where a content is: at one revision or, if it is not there, in all commits, newest first."""
    here = list(_places_at(first, prefix))
    if here:
        return here
    contents = ContentIndex(history)
    found = []
    for md5 in contents.md5s(prefix):
        known = list(_places_at(first, md5))
        found += known or list(_newest(history, contents.occurrences(md5)))
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
    """The newest commit of each; an execution that is only in the run cache is in none."""
    order = {commit: number for number, commit in enumerate(history.commits)}
    for occurrence in occurrences:
        commits = [history.holders[blob][0] for blob in occurrence.blobs]
        if commits:
            newest = min(commits, key=lambda commit: order[commit])
            yield Place(history.at(newest), occurrence.artifact, occurrence.role, occurrence.execution.stage)
