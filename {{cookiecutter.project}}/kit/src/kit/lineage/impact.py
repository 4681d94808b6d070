"""Every result that was made from something: a recall list."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from kit.errors import KitError
from kit.lineage.codes import Codes
from kit.lineage.git import Ref
from kit.lineage.graph import LockGraph
from kit.lineage.history import History
from kit.lineage.lockfile import Artifact, Execution, Lock
from kit.lineage.places import Contents
from kit.lineage.storage import dvc_hash
from kit.lineage.target import HASH, project_path

# GTO's tags: NAME@v1.2.3 registers a version, NAME#STAGE#4 assigns one.
VERSION = re.compile(r"(?P<name>[^@#]+)(@v?\d+\.\d+\.\d+.*|#.+)")


@dataclass(frozen=True)
class Affected:
    """A result, the stage that made it, and the commits that hold it, newest first; none: in the run cache alone.

    `refs` are the branches, tags and experiments whose tip holds it, `versions` the registered ones among them.
    """

    artifact: Artifact
    stage: str
    commits: tuple[str, ...]
    refs: tuple[Ref, ...]

    @property
    def versions(self) -> list[str]:
        return [ref.shown for ref in self.refs if ref.kind == "tag" and VERSION.fullmatch(ref.shown)]


@dataclass(frozen=True)
class Impact:
    """What is affected, what was looked for in words, and the executions of which it cannot be told."""

    subject: str
    affected: tuple[Affected, ...]
    unknown: tuple[Execution, ...]


@dataclass
class _Start:
    """What is wrong: contents by their MD5, or executions by a test that answers yes, no or None for unknown."""

    subject: str
    md5s: frozenset[str] = frozenset()
    wrong: Callable[[Execution], bool | None] = lambda _: False


def impact(history: History, said: str, here: Path) -> Impact:
    """Follow FILE, HASH, MODULE[@VERSION] or PACKAGE==VERSION forward through every lock of the history.

    Raises:
        KitError: nothing in the history is called so.
    """
    contents = Contents(history)
    start = _start(history, contents, said, here)
    unknown = {}
    guilty: set[str] = set()
    for key, (execution, _) in contents.executions.items():
        verdict = start.wrong(execution)
        if verdict is None:
            unknown[key] = execution
        elif verdict or any(dep.hash in start.md5s for dep in execution.deps):
            guilty.add(key)
    results = _followed(history, contents, guilty)
    made = {out for execution, _ in contents.executions.values() for out in execution.results if out.hash in start.md5s}
    affected = tuple(_affected(history, contents, results | made))
    return Impact(start.subject, affected, tuple(unknown.values()))


def _followed(history: History, contents: Contents, guilty: set[str]) -> set[Artifact]:
    """All results of guilty executions and of whatever read from them, in each lock by its own links.

    A dep that nobody in its lock made is followed from any lock that made those bytes.
    """
    locks: list[Lock] = [*history.locks.values()]
    locks += [history.working_tree.lock] if history.has_working_tree else []
    graphs = [LockGraph(lock) for lock in locks]
    loose = [execution for execution, blobs in contents.executions.values() if not blobs]
    tainted: set[Artifact] = set()
    while True:
        before = len(tainted)
        for graph in graphs:
            starts = [stage for stage, execution in graph.lock.items() if _is_guilty(execution, guilty, tainted, graph)]
            for stage in {*starts, *graph.downstream(starts)} if starts else ():
                tainted.update(graph.lock[stage].results)
        for execution in loose:
            if execution.id in guilty or not tainted.isdisjoint(execution.inputs):
                tainted.update(execution.results)
        if len(tainted) == before:
            return tainted


def _is_guilty(execution: Execution, guilty: set[str], tainted: set[Artifact], graph: LockGraph) -> bool:
    if execution.id in guilty:
        return True
    return any(dep in tainted and graph.maker(dep) is None for dep in execution.inputs)


def _affected(history: History, contents: Contents, results: Iterable[Artifact]) -> Iterator[Affected]:
    """Where each result is held, those of the newest commits first."""
    wanted = set(results)
    holders: dict[Artifact, set[str]] = defaultdict(set)
    stages: dict[Artifact, str] = {}
    for execution, blobs in contents.executions.values():
        for out in wanted.intersection(execution.results):
            stages[out] = execution.stage
            holders[out].update(commit for blob in blobs for commit in history.holders[blob])
    order = {commit: number for number, commit in enumerate(history.commits)}
    for artifact in sorted(wanted, key=lambda out: (min((order[c] for c in holders[out]), default=len(order)), out)):
        commits = tuple(sorted(holders[artifact], key=lambda commit: order[commit]))
        refs = tuple(ref for commit in commits for ref in history.refs.get(commit, ()))
        yield Affected(artifact, stages[artifact], commits, refs)


def _start(history: History, contents: Contents, said: str, here: Path) -> _Start:
    package, equals, version = said.partition("==")
    codes = Codes(history)
    if equals:
        wanted = canonicalize_name(package)
        return _Start(f"{wanted} {version}", wrong=lambda execution: _pins(codes, contents, execution, wanted, version))
    if (here / said).exists() and not _is_module(contents, said):
        return _Start(said, md5s=frozenset(_of_path(history, contents, project_path(history, said, here), here / said)))
    name, at, version = said.partition("@")
    name = name.removeprefix("modules/").rstrip("/")
    if _is_module(contents, name):
        return _Start(said, wrong=lambda execution: _is_of(codes, contents, execution, name, version if at else None))
    md5s = contents.md5s(said.lower()) if HASH.fullmatch(said) else []
    if len(md5s) > 1:
        raise KitError(f"{said}: {len(md5s)} contents begin so; write more of the hash")
    if not md5s:
        raise KitError(f"{said}: no file, hash or module of this name in the history; a package is NAME==VERSION")
    return _Start(said, md5s=frozenset(md5s))


def _of_path(history: History, contents: Contents, path: str, place: Path) -> list[str]:
    """The content of a file: the bytes that are here, which somebody must have made or read."""
    md5 = dvc_hash(place)
    if md5 in contents.by_md5:
        return [md5]
    raise KitError(f"{path}: no stage ever read or made these bytes (md5 {md5[:12]}); `kit find` looks further")


def _is_module(contents: Contents, name: str) -> bool:
    name = name.removeprefix("modules/").rstrip("/")
    return any(execution.module == name for execution, _ in contents.executions.values())


def _is_of(codes: Codes, contents: Contents, execution: Execution, name: str, version: str | None) -> bool | None:
    if execution.module != name:
        return False
    found = codes.version(execution, _commits(codes, contents, execution))
    return True if version is None else None if found is None else found == version.removeprefix("v")


def _pins(codes: Codes, contents: Contents, execution: Execution, package: str, version: str) -> bool | None:
    if not execution.module:
        return None
    source = codes.source(execution, _commits(codes, contents, execution))
    return version in source.pins.get(package, set()) if source else None


def _commits(codes: Codes, contents: Contents, execution: Execution) -> list[str]:
    _, blobs = contents.executions.get(execution.id, (execution, ()))
    return [contents.history.holders[blob][-1] for blob in blobs]
