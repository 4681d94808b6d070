"""Contents of a revision as streams, whatever their size."""

import io
from typing import BinaryIO

from kit.dvc.artifact import Artifact
from kit.dvc.cache import open_intact
from kit.dvc.hashing import FOLDER, md5_of_bytes
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision


def open_content(history: History, revision: Revision, artifact: Artifact) -> BinaryIO | None:
    """A file's bytes as the lock means them, from wherever they are; None where they are nowhere here, or of a folder.

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
