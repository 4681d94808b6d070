"""Contents of revisions as streams, whatever their size."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from kit.dvc.artifact import Artifact
from kit.dvc.cache import open_intact
from kit.dvc.hashing import FOLDER, files_in, ignored_in, md5_of_bytes, md5_of_file, md5_of_listing
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision


@dataclass(frozen=True)
class Contents:
    """The contents that locks name, from Git, the working tree or DVC's cache."""

    history: History
    revisions: tuple[Revision, ...]

    def open(self, artifact: Artifact) -> BinaryIO | None:
        """A file's bytes as the lock names them; None where they are not here, and of a folder."""
        found = (open_content(self.history, revision, artifact) for revision in self.revisions)
        return next((stream for stream in found if stream), None)

    def members(self, artifact: Artifact) -> Mapping[str, str] | None:
        """Relative path to MD5 of a folder's files; None where its listing is not here."""
        listed, root = self.history.storage.members(artifact.hash), self.history.root
        if listed is not None or all(revision.commit for revision in self.revisions):
            return listed
        here = root / artifact.path
        names = files_in(root, artifact.path, ignored_in(root)) if here.is_dir() else ()
        found = {name: md5_of_file(here / name) for name in names}
        return found if md5_of_listing(found) == artifact.hash else None


def open_content(history: History, revision: Revision, artifact: Artifact) -> BinaryIO | None:
    """A file's bytes as the lock names them; None where they are not here, and of a folder.

    The caller closes the stream. Only what Git itself holds is read whole.
    """
    if artifact.hash.endswith(FOLDER):
        return None
    here = history.root / artifact.path
    if revision.commit is not None:
        data = revision.files.read(artifact.path)
        if data is not None and md5_of_bytes(data) == artifact.hash:
            return io.BytesIO(data)
    elif here.is_file() and (stream := open_intact(here, artifact.hash)):
        return stream
    return history.storage.open(artifact.hash)
