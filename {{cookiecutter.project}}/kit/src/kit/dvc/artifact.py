"""What DVC calls an artifact: a path and the hash of its content."""

from pathlib import PurePosixPath
from typing import NamedTuple


class Artifact(NamedTuple):
    """A node of the lineage: a path and the hash that DVC has of its content (MD5; of a folder with `.dir`)."""

    path: str
    hash: str


def stays_inside(path: str) -> bool:
    """Whether a path from a lock, which is untrusted, leads to a place in the project."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not PurePosixPath(path).is_absolute() and ".." not in parts and "\\" not in path
