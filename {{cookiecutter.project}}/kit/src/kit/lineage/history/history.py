"""A project's whole history: every commit of every branch, tag and experiment, each lock parsed once."""

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from kit.dvc.cache import Storage
from kit.errors import KitError
from kit.git.files import CommittedFiles, Files, WorkingFiles
from kit.git.objects import Objects
from kit.git.repository import Commit, Ref, Repository, open_repository
from kit.lineage.history.lockfile import Execution, Key, Lock, LockReader, key
from kit.lineage.history.revision import Revision
from kit.lineage.history.run_records import RunRecords
from kit.lineage.history.stages import StageReader
from kit.project.module_code import Sources

LOCK = "dvc.lock"
WORKING_TREE = "working tree"


class History:
    """Git's history of a project. Everything is read once, when it is first needed.

    >>> history = History.of(Path("."))
    >>> history.revision("main").lock["train"].outs
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.objects = Objects(repository)
        self.reader = LockReader()
        self.sources = Sources()
        self.stages = StageReader()
        self.storage = Storage(None if repository.bare else repository.folder)
        self.records = RunRecords(self.storage)
        self._revisions: dict[str, Revision] = {}
        self._parsed: dict[str, Lock | KitError] = {}
        self._known: dict[Key, Execution] = {}

    @classmethod
    def of(cls, folder: Path) -> "History":
        """The history of the project in a folder, or of a bare repository.

        Raises:
            KitError: the folder is in no Git repository.
        """
        return cls(open_repository(folder))

    @property
    def root(self) -> Path:
        """The project's folder; for a bare repository its own."""
        return self.repository.folder

    @cached_property
    def refs(self) -> Mapping[str, list[Ref]]:
        """Commit to the branches, tags and experiments that point to it."""
        found = defaultdict(list)
        for ref in self.repository.refs:
            found[ref.commit].append(ref)
        return found

    @cached_property
    def commits(self) -> Mapping[str, Commit]:
        """Every commit that a ref or HEAD reaches, newest first."""
        head = self.repository.head
        starts = [*self.refs, *([head] if head else [])]
        return {commit.id: commit for commit in self.repository.commits(starts)} if starts else {}

    @cached_property
    def lock_blobs(self) -> Mapping[str, str]:
        """Commit to the id of its dvc.lock; commits without one are left out."""
        names = [f"{commit}:{self.repository.prefix}{LOCK}" for commit in self.commits]
        found = zip(self.commits, self.objects.ids(names), strict=True)
        return {commit: blob for commit, blob in found if blob}

    @cached_property
    def locks(self) -> Mapping[str, Lock]:
        """Blob id to the parsed lock, for every lock in history that can be read; see `broken`."""
        wanted = dict.fromkeys(self.lock_blobs.values())
        with without_collector():
            self._parse([blob for blob in wanted if blob not in self._parsed])
            parsed = ((blob, self._parsed[blob]) for blob in wanted)
            return {blob: self.interned(lock) for blob, lock in parsed if not isinstance(lock, KitError)}

    def interned(self, lock: Lock) -> Lock:
        """The same lock with the history's own object for every execution that it knows."""
        return {stage: self._known.setdefault(key(execution), execution) for stage, execution in lock.items()}

    @property
    def broken(self) -> Mapping[str, str]:
        """Blob id to the reason why the lock cannot be read."""
        assert self.locks is not None
        return {blob: str(problem) for blob, problem in self._parsed.items() if isinstance(problem, KitError)}

    @cached_property
    def holders(self) -> Mapping[str, list[str]]:
        """Blob id of a lock to the commits that have it, newest first."""
        found = defaultdict(list)
        for commit, blob in self.lock_blobs.items():
            found[blob].append(commit)
        return found

    @property
    def has_working_tree(self) -> bool:
        return not self.repository.bare

    def needs_working_tree(self) -> None:
        """Refuse what cannot be done in a bare repository.

        Raises:
            KitError: this is one.
        """
        if not self.has_working_tree:
            raise KitError(f"{self.root}: is a bare repository, without files and data; do this in a clone of it")

    def revision(self, name: str | None = None) -> Revision:
        """The project at a branch, tag, commit or experiment; the working tree (HEAD of a bare repository) for None.

        Raises:
            KitError: there is no such revision.
        """
        if name is None and self.has_working_tree:
            return self.working_tree
        label = name or "HEAD"
        return self.at(self.repository.commit_id(label), label)

    @cached_property
    def working_tree(self) -> Revision:
        """The project in the working tree."""
        files = WorkingFiles(self.root)
        data = files.read(LOCK)
        return self._revision(WORKING_TREE, None, files, self._read_lock(data) if data else {})

    def _revision(self, name: str, commit: Commit | None, files: Files, lock: Lock | KitError) -> Revision:
        if isinstance(lock, KitError):
            return Revision(name, commit, files, {}, self.sources, self.stages, lock)
        return Revision(name, commit, files, lock, self.sources, self.stages)

    def at(self, commit: str, label: str | None = None) -> Revision:
        """The project at a commit."""
        if commit not in self._revisions:
            found = self.commits.get(commit) or next(iter(self.repository.commits([commit])))
            files = CommittedFiles(self.objects, found.tree, self.repository.prefix)
            blob = files.key(LOCK)
            if blob and blob not in self._parsed:
                self._parse([blob])
            lock = self._parsed.get(blob or "", {})
            self._revisions[commit] = self._revision(label or commit[:8], found, files, lock)
        return self._revisions[commit]

    def names_of(self, commit: str) -> list[str]:
        """The name of a commit for users: its refs."""
        return [ref.label for ref in self.refs.get(commit, [])]

    def executions(self) -> Iterator[tuple[Execution, str]]:
        """(execution, a lock's blob id), for every lock of the history."""
        for blob, lock in self.locks.items():
            for execution in lock.values():
                yield execution, blob

    def _parse(self, blobs: list[str]) -> None:
        for blob, data in zip(blobs, self.objects.contents(blobs), strict=True):
            self._parsed[blob] = self._read_lock(data)

    def _read_lock(self, data: bytes | None) -> Lock | KitError:
        if data is None:
            return KitError("is not in this clone; `git fetch --refetch` without a filter brings it", LOCK)
        try:
            return self.reader.read(data.decode(), LOCK)
        except KitError as error:
            return error
        except UnicodeDecodeError:
            return KitError("is not UTF-8 text; restore it from Git", LOCK)


@contextmanager
def without_collector() -> Iterator[None]:
    """Many small objects that all live on: looking for garbage among them takes longer than making them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
