"""Every result that was made from something: a list for recalls."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import hash_anywhere
from kit.errors import KitError
from kit.git.repository import Ref
from kit.lineage.history.code_index import CodeIndex
from kit.lineage.history.history import History
from kit.lineage.history.index import ContentIndex
from kit.lineage.history.lock_graph import LockGraph
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.target import HASH, project_path

# GTO's tags: NAME@v1.2.3 registers a version, NAME#STAGE#4 assigns one.
VERSION = re.compile(r"(?P<name>[^@#]+)(@v?\d+\.\d+\.\d+.*|#.+)")


@dataclass(frozen=True)
class Affected:
    """A result, the stage that made it, and the commits that hold it, newest first; none: in the run cache alone.

    `refs` are the branches, tags and experiments whose latest commit has it, `versions` the registered ones among them.
    """

    artifact: Artifact
    stage: str
    commits: tuple[str, ...]
    refs: tuple[Ref, ...]

    @property
    def versions(self) -> list[str]:
        return [ref.label for ref in self.refs if ref.kind == "tag" and VERSION.fullmatch(ref.label)]


@dataclass(frozen=True)
class Impact:
    """What is affected, a description of what was looked for, and the executions for which the answer is unknown."""

    subject: str
    affected: tuple[Affected, ...]
    unknown: tuple[Execution, ...]


@dataclass
class _Start:
    """What is followed: contents by their MD5, or executions by a test that returns True, False or None (unknown)."""

    subject: str
    md5s: frozenset[str] = frozenset()
    wrong: Callable[[Execution], bool | None] = lambda _: False


def impact(history: History, query: str, cwd: Path) -> Impact:
    """Follow FILE, HASH, MODULE[@VERSION] or PACKAGE==VERSION downstream through every lock of the history.

    Raises:
        KitError: nothing in the history is called so.
    """
    contents = ContentIndex(history)
    start = _start(history, contents, query, cwd)
    unknown = []
    guilty: set[int] = set()
    for execution, _ in contents.executions:
        verdict = start.wrong(execution)
        if verdict is None:
            unknown.append(execution)
        elif verdict or any(dep.hash in start.md5s for dep in execution.deps):
            guilty.add(id(execution))
    results = _followed(history, contents, guilty)
    for execution, blobs in contents.executions:
        for out in execution.results:
            if out.hash in start.md5s:
                results[out].update(blobs)
    affected = tuple(_affected(history, contents, results))
    return Impact(start.subject, affected, tuple(unknown))


def _followed(history: History, contents: ContentIndex, guilty: set[int]) -> dict[Artifact, set[str]]:
    """All results of the executions in question and of those that read from them, with the locks (blobs) of each.

    Each lock is followed by its own links, so that the same bytes from other inputs in another commit are left out.
    A dep that no stage in its lock made is followed from any lock in which those bytes were made.
    """
    graphs = [(blob, LockGraph(lock)) for blob, lock in history.locks.items()]
    cwd = history.interned(history.working_tree.lock) if history.has_working_tree else {}
    graphs += [("", LockGraph(cwd))] if cwd not in history.locks.values() else []
    loose = [execution for execution, blobs in contents.executions if not blobs]
    tainted: dict[Artifact, set[str]] = defaultdict(set)
    before = -1
    while before < len(tainted):
        before = len(tainted)
        for blob, graph in graphs:
            starts = [stage for stage, execution in graph.lock.items() if _is_guilty(execution, guilty, tainted, graph)]
            for stage in {*starts, *graph.downstream(starts)} if starts else ():
                for result in graph.lock[stage].results:
                    tainted[result].update([blob] if blob else [])
        for execution in loose:
            if id(execution) in guilty or any(dep in tainted for dep in execution.inputs):
                for result in execution.results:
                    tainted.setdefault(result, set())
    return tainted


def _is_guilty(execution: Execution, guilty: set[int], tainted: Mapping[Artifact, object], graph: LockGraph) -> bool:
    if id(execution) in guilty:
        return True
    return bool(tainted) and any(dep in tainted and graph.maker(dep) is None for dep in execution.inputs)


def _affected(history: History, contents: ContentIndex, results: Mapping[Artifact, set[str]]) -> Iterator[Affected]:
    """The commits of each result, those of the newest commits first."""
    stages = {out: execution.stage for execution, _ in contents.executions for out in execution.results}
    order = {commit: number for number, commit in enumerate(history.commits)}
    held = {
        artifact: sorted(
            {commit for blob in blobs for commit in history.holders[blob]}, key=lambda commit: order[commit]
        )
        for artifact, blobs in results.items()
    }
    for artifact in sorted(held, key=lambda out: (order[held[out][0]] if held[out] else len(order), out)):
        refs = (ref for commit in held[artifact] for ref in history.refs.get(commit, ()))
        known = tuple(sorted(refs, key=lambda ref: ref.order))
        yield Affected(artifact, stages[artifact], tuple(held[artifact]), known)


def _start(history: History, contents: ContentIndex, query: str, cwd: Path) -> _Start:
    package, equals, version = query.partition("==")
    codes = CodeIndex(history)
    if equals:
        wanted = canonicalize_name(package)
        return _Start(f"{wanted} {version}", wrong=lambda execution: _pins(codes, contents, execution, wanted, version))
    if (cwd / query).exists() and not _is_module(contents, query):
        return _Start(
            query, md5s=frozenset(_of_path(history, contents, project_path(history, query, cwd), cwd / query))
        )
    name, at, version = query.partition("@")
    name = name.removeprefix("modules/").rstrip("/")
    if _is_module(contents, name):
        return _Start(query, wrong=lambda execution: _is_of(codes, contents, execution, name, version if at else None))
    md5s = contents.md5s(query.lower()) if HASH.fullmatch(query) else []
    if len(md5s) > 1:
        raise KitError(f"{query}: {len(md5s)} contents match; give more digits of the hash")
    if not md5s:
        raise KitError(f"{query}: no file, hash or module of this name in the history; a package is NAME==VERSION")
    return _Start(query, md5s=frozenset(md5s))


def _of_path(history: History, contents: ContentIndex, path: str, place: Path) -> list[str]:
    """The content of a file: the bytes that are here, which a stage must have made or read."""
    md5 = hash_anywhere(place, history.root)
    if md5 in contents.hashes:
        return [md5]
    raise KitError(f"no stage ever read or made these bytes (md5 {md5[:12]}); `kit find` looks further", path)


def _is_module(contents: ContentIndex, name: str) -> bool:
    name = name.removeprefix("modules/").rstrip("/")
    return any(execution.module == name for execution, _ in contents.executions)


def _is_of(
    codes: CodeIndex, contents: ContentIndex, execution: Execution, name: str, version: str | None
) -> bool | None:
    if execution.module != name:
        return False
    found = codes.version(execution, _commits(contents, execution))
    return True if version is None else None if found is None else found == version.removeprefix("v")


def _pins(codes: CodeIndex, contents: ContentIndex, execution: Execution, package: str, version: str) -> bool | None:
    if not execution.module:
        return None
    source = codes.source(execution, _commits(contents, execution))
    return version in source.pins.get(package, set()) if source else None


def _commits(contents: ContentIndex, execution: Execution) -> list[str]:
    """The commits in which an execution first appears, which probably have its code."""
    return [contents.history.holders[blob][-1] for blob in contents.locks_of.get(id(execution), ())]
