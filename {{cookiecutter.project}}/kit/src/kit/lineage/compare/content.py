"""How a result is read for a comparison."""

from functools import partial
from typing import Any

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import FOLDER
from kit.lineage.compare.verdict import Content
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision
from kit.lineage.history.states import content_of


def content_at(history: History, revision: Revision, artifact: Artifact) -> Content:
    """One side of a comparison."""
    maker = revision.graph.maker(artifact)
    record = history.records.of(maker).document if maker else None
    entries: list[dict[str, Any]] = list(record["outputs"].values()) if record else []
    digest = next((entry.get("tensor_digest") for entry in entries if entry["path"] == artifact.path), None)
    return Content(
        artifact.hash,
        digest,
        lambda: content_of(history, revision, artifact),
        lambda: _files_of(history, artifact.hash),
    )


def _files_of(history: History, md5: str) -> dict[str, Content] | None:
    """The files of a folder, from DVC's cache."""
    members = history.storage.members(md5) if md5.endswith(FOLDER) else None
    if members is None:
        return None
    return {path: Content(member, None, partial(history.storage.read, member)) for path, member in members.items()}
