"""Recognise any file by its bytes or by its tensors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import FOLDER, hash_anywhere
from kit.errors import KitError
from kit.formats import safetensors_file
from kit.git.repository import Ref
from kit.lineage.history.history import History
from kit.lineage.history.index import MADE, ContentIndex, Occurrence
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.target import HASH

SHOWN_PARTS = 5


@dataclass(frozen=True)
class Match:
    """Where a content is known from; `how` says how it was recognised, and how much of it.

    `commits` hold it, newest first; none: it is only in DVC's run cache. `refs` are those whose tip holds it.
    """

    how: str
    artifact: Artifact
    role: str
    execution: Execution | None
    commits: tuple[str, ...]
    refs: tuple[Ref, ...]


def find(history: History, query: str, cwd: Path) -> list[Match]:
    """The matches of a file or hash in all branches, tags, experiments and the run cache.

    Whole bytes first; then, for weights, all tensors together, whatever the file's name and metadata; then tensor by
    tensor, the most alike first.

    Raises:
        KitError: it is unknown.
    """
    contents = ContentIndex(history)
    place = cwd / query
    if not place.exists():
        return _of_hash(history, contents, query)
    md5 = hash_anywhere(place, history.root)
    found = (
        list(_occurrences(history, "same bytes", contents.occurrences(md5)))
        or list(_members(history, contents, md5))
        or list(_in_git(history, place))
        or list(_by_tensors(history, contents, place))
    )
    if not found:
        missing = contents.records_missing
        more = f"; {missing} run records are not here, `dvc fetch --all-commits` brings them" if missing else ""
        raise KitError(f"{query}: unknown: no commit, experiment or cached run has these bytes (md5 {md5[:12]}){more}")
    return found


def _of_hash(history: History, contents: ContentIndex, query: str) -> list[Match]:
    if not HASH.fullmatch(query):
        raise KitError(f"{query}: no such file, and no hash (6 to 64 hexadecimal digits)")
    md5s = contents.md5s(query.lower())
    found = [known for md5 in md5s for known in _occurrences(history, "this hash", contents.occurrences(md5))]
    found = found or list(_by_tensor_hash(history, contents, query.lower()))
    if not found:
        missing = contents.records_missing
        more = f"; {missing} run records, which know SHA-256 and tensors, are not here" if missing else ""
        raise KitError(f"{query}: unknown: no commit, experiment or cached run has a content of this hash{more}")
    return found


def _occurrences(history: History, how: str, occurrences: Iterable[Occurrence]) -> Iterator[Match]:
    """The execution that made it, at each path; if there is none, one that read it."""
    known = list(occurrences)
    made = [occurrence for occurrence in known if occurrence.role == MADE]
    by_path: dict[str, list[Occurrence]] = {}
    for occurrence in made or known:
        by_path.setdefault(occurrence.artifact.path, []).append(occurrence)
    for same in by_path.values():
        blobs = {blob for occurrence in same for blob in occurrence.blobs}
        commits, refs = _held(history, blobs)
        yield Match(how, same[0].artifact, same[0].role, same[0].execution, commits, refs)


def _held(history: History, blobs: Iterable[str]) -> tuple[tuple[str, ...], tuple[Ref, ...]]:
    wanted = {commit for blob in blobs for commit in history.holders[blob]}
    commits = tuple(commit for commit in history.commits if commit in wanted)
    refs = (ref for commit in commits for ref in history.refs.get(commit, ()))
    return commits, tuple(sorted(refs, key=lambda ref: ref.order))


def _members(history: History, contents: ContentIndex, md5: str) -> Iterator[Match]:
    """The folders that contain the file."""
    for folder in [known for known in sorted(contents.hashes) if known.endswith(FOLDER)]:
        inside = [path for path, member in (history.storage.members(folder) or {}).items() if member == md5]
        for path in inside:
            yield from _occurrences(history, f"same bytes as {path} in the folder", contents.occurrences(folder))


def _in_git(history: History, place: Path) -> Iterator[Match]:
    """The commits that added the file to Git, or removed it."""
    if not place.is_file():
        return
    blob = history.repository.git("hash-object", "--no-filters", "--", str(place.resolve())).strip()
    if history.objects.read(blob) is None:
        return
    log = ["log", "--all", "--no-renames", f"--find-object={blob}", "--format=%H", "--name-only", "-z"]
    words = [word.strip() for word in history.repository.git(*log).split("\0")]
    commits = [word for word in words if word in history.commits]
    names = [word for word in words if word and word not in history.commits]
    if commits and names:
        path = names[0].removeprefix(history.repository.prefix)
        tips = [ref for ref in history.repository.refs if history.at(ref.commit).files.key(path) == blob]
        tips.sort(key=lambda ref: ref.order)
        yield Match("same bytes as a file in Git", Artifact(path, blob), "Git", None, tuple(commits), tuple(tips))


def _by_tensors(history: History, contents: ContentIndex, place: Path) -> Iterator[Match]:
    """The weights with the same tensors, else those that share some of them."""
    try:
        digest, mine = safetensors_file.tensor_digest(place), safetensors_file.tensor_digests(place)
    except (ValueError, KeyError, OSError, TypeError, OverflowError):
        return
    if digest in contents.by_digest:
        yield from _occurrences(
            history, f"same tensors ({len(mine)})", contents.occurrences(contents.by_digest[digest])
        )
        return
    alike = sorted(_shared(contents, mine), key=lambda shared: -shared[0])
    for equal, total, md5 in alike[:SHOWN_PARTS]:
        how = f"{equal} of {len(mine)} tensors equal, of its {total}"
        yield from _occurrences(history, how, contents.occurrences(md5))


def _shared(contents: ContentIndex, mine: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """(how many tensors are equal, how many there are, MD5) of all weights that share one, by their values alone."""
    seen = set()
    for execution, document in contents.records:
        md5 = {out.path: out.hash for out in execution.outs}
        for entry in document["outputs"].values():
            theirs = entry.get("tensors", {})
            equal = len(set(mine.values()) & set(theirs.values()))
            known = md5.get(entry["path"])
            if equal and known and known not in seen:
                seen.add(known)
                yield sum(value in theirs.values() for value in mine.values()), len(theirs), known


def _by_tensor_hash(history: History, contents: ContentIndex, prefix: str) -> Iterator[Match]:
    """The weights that contain a tensor with this digest."""
    for execution, document in contents.records:
        md5 = {out.path: out.hash for out in execution.outs}
        for entry in document["outputs"].values():
            for name, digest in entry.get("tensors", {}).items():
                if digest.startswith(prefix) and entry["path"] in md5:
                    yield from _occurrences(history, f"tensor {name}", contents.occurrences(md5[entry["path"]]))
