"""Reading results for a comparison."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import FOLDER, hash_anywhere, md5_of_file
from kit.lineage.compare.verdict import Content
from kit.lineage.history.history import History
from kit.lineage.history.opening import open_content
from kit.lineage.history.revision import Revision


def content_at(history: History, revision: Revision, artifact: Artifact) -> Content:
    """A result as the lock of a revision means it."""
    maker = revision.graph.maker(artifact)
    record = history.records.of(maker).document if maker else None
    return Content(
        artifact.hash,
        _tensor_digest(record, artifact.path),
        lambda: open_content(history, revision, artifact),
        lambda: _files_of(history, artifact.hash),
    )


def content_on_disk(place: Path, record: Mapping[str, Any], path: str) -> Content:
    """A file or folder that a run has just made; `path` is what its record calls it."""
    if not place.is_dir():
        return Content(md5_of_file(place), _tensor_digest(record, path), partial(_open, place))
    files = {file.relative_to(place).as_posix(): file for file in place.rglob("*") if file.is_file()}
    return Content(
        hash_anywhere(place, place.parents[path.count("/")]),
        None,
        lambda: None,
        lambda: {name: Content(md5_of_file(file), None, partial(_open, file)) for name, file in files.items()},
    )


def _open(place: Path) -> BinaryIO:
    return place.open("rb")


def _tensor_digest(record: Mapping[str, Any] | None, path: str) -> str | None:
    entries = record["outputs"].values() if record else ()
    return next((entry.get("tensor_digest") for entry in entries if entry["path"] == path), None)


def _files_of(history: History, md5: str) -> dict[str, Content] | None:
    """The files of a folder, from DVC's cache."""
    members = history.storage.members(md5) if md5.endswith(FOLDER) else None
    if members is None:
        return None
    return {path: Content(member, None, partial(history.storage.open, member)) for path, member in members.items()}
