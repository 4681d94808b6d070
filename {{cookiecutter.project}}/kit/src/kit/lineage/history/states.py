"""Whether the bytes that a lock names are here and intact."""

from enum import StrEnum

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import FOLDER, digests, dvc_hash, md5_of_bytes, md5_of_listing
from kit.dvc.ignore import Ignored
from kit.git.files import Files
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision
from kit.project.module_code import source_of
from kit.project.stage import MODULES


class State(StrEnum):
    """What is here of an artifact."""

    MATCHES = "matches"
    DIFFERS = "DIFFERS"
    CACHED = "in the cache"
    DAMAGED = "DAMAGED in the cache"
    MISSING = "not here"


def state_of(history: History, revision: Revision, artifact: Artifact) -> State:
    """Reads the bytes themselves: of the working tree, of Git, and of DVC's cache."""
    if revision.commit is None:
        found = dvc_hash(history.root, artifact.path)
        if found is not None:
            return State.MATCHES if found == artifact.hash else State.DIFFERS
    elif (found := hash_of_files(revision.files, artifact)) is not None:
        return State.MATCHES if found == artifact.hash else State.DIFFERS
    return cache_state(history, artifact.hash)


def cache_state(history: History, md5: str) -> State:
    """Whether DVC's cache holds a content; a folder with all its files."""
    storage = history.storage
    place = storage.place(md5)
    if place is None:
        return State.MISSING
    if digests(place)[0] != md5.removesuffix(FOLDER):
        return State.DAMAGED
    if not md5.endswith(FOLDER):
        return State.CACHED
    inside = {cache_state(history, member) for member in (storage.members(md5) or {}).values()}
    return next((state for state in (State.DAMAGED, State.MISSING) if state in inside), State.CACHED)


def content_of(history: History, revision: Revision, artifact: Artifact) -> bytes | None:
    """A file's bytes as the lock names them, from Git, the working tree or DVC's cache; None where none has them."""
    for data in (revision.files.read(artifact.path), history.storage.read(artifact.hash)):
        if data is not None and md5_of_bytes(data) == artifact.hash:
            return data
    return None


def hash_of_files(files: Files, artifact: Artifact) -> str | None:
    """DVC's hash of a file or folder as it is at a revision; None where Git does not have it."""
    data = files.read(artifact.path)
    if data is not None:
        return md5_of_bytes(data)
    if artifact.path.startswith(MODULES) and artifact.path.count("/") == 1:
        source = source_of(files, artifact.path.removeprefix(MODULES))
        return source.md5 if source else None
    if not artifact.hash.endswith(FOLDER):
        return None
    ignored = Ignored(files.read)
    inside = [path for path in files.under(artifact.path) if not ignored.matches(f"{artifact.path}/{path}")]
    found = {path: md5_of_bytes(files.read(f"{artifact.path}/{path}") or b"") for path in inside}
    return md5_of_listing(found) if found else None
