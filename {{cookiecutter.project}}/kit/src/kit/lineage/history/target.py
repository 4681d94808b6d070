"""What FILE, HASH or STAGE refers to."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import hash_anywhere
from kit.errors import KitError
from kit.lineage.history.history import History
from kit.lineage.history.index import places_of_hash
from kit.lineage.history.lockfile import Execution
from kit.lineage.history.revision import Revision

HASH = re.compile(r"[0-9a-f]{6,64}(\.dir)?", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """An artifact, or an execution, at a revision."""

    revision: Revision
    artifact: Artifact | None = None
    execution: Execution | None = None


def target_of(history: History, query: str, rev: str | None, cwd: Path) -> Target:
    """What `query` is at a revision: a stage, a path (from `cwd`), or the beginning of a hash.

    Raises:
        KitError: there is no such thing at the revision.
    """
    revision = history.revision(rev)
    if revision.problem:
        raise KitError(f"{revision.name}: {revision.problem}")
    if query in revision.lock:
        return Target(revision, execution=revision.lock[query])
    path = project_path(history, query, cwd)
    known = _known_at(revision, path)
    if known:
        return Target(revision, artifact=known)
    if HASH.fullmatch(query) and not (cwd / query).exists():
        return _by_hash(history, revision, query.lower())
    if (cwd / query).exists():
        return _by_content(history, revision, cwd / query, query)
    if query in _declared_stages(revision):
        raise KitError(f"stage {query} has not run at {revision.name}; run `dvc repro {query}`", "dvc.lock")
    raise KitError(
        f"{query}: no stage, file or hash of this name at {revision.name}; `dvc stage list` shows the stages"
    )


def project_path(history: History, query: str, cwd: Path) -> str:
    """A path as dvc.yaml would write it."""
    path = Path(os.path.normpath(cwd / query))
    root = history.root
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else query


def artifacts_at(revision: Revision) -> dict[str, Artifact]:
    """Path to artifact, for everything that is read or made at a revision."""
    deps = (dep for execution in revision.lock.values() for dep in execution.deps)
    outs = (out for execution in revision.lock.values() for out in execution.outs)
    raw = (data.artifact for data in revision.raw.values())
    return {artifact.path: artifact for artifact in (*deps, *raw, *outs)}


def _known_at(revision: Revision, path: str) -> Artifact | None:
    return artifacts_at(revision).get(path)


def _by_hash(history: History, revision: Revision, query: str) -> Target:
    """The artifact whose MD5, SHA-256 or tensor digest begins with it: at this revision, else the newest in history."""
    found = places_of_hash(history, query, revision)
    if not found:
        raise KitError(f"{query}: no content of this hash in the history; `kit find FILE` looks a file up")
    hashes = {place.artifact.hash for place in found}
    if len(hashes) > 1:
        raise KitError(f"{query}: {len(hashes)} contents match; give more digits of the hash")
    return Target(found[0].revision, artifact=found[0].artifact)


def _by_content(history: History, revision: Revision, file: Path, query: str) -> Target:
    """Any file, recognised by its bytes."""
    digest = hash_anywhere(file, history.root)
    found = places_of_hash(history, digest, revision)
    if not found:
        raise KitError(f"{query}: nothing in the history has these bytes (md5 {digest[:12]}); `kit find` looks further")
    return Target(found[0].revision, artifact=found[0].artifact)


def _declared_stages(revision: Revision) -> list[str]:
    text = (revision.files.read("dvc.yaml") or b"").decode(errors="replace")
    return re.findall(r"^  ([\w@.-]+):", text, re.MULTILINE)
