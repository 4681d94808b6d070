"""DVC's cache: contents by their hash."""

import hashlib
import json
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO

from kit.dvc.config import cache_folder
from kit.dvc.hashing import FOLDER, md5_of_bytes


class Storage:
    """The project's data on this machine; none in a bare repository."""

    def __init__(self, root: Path | None) -> None:
        self.root = root

    @cached_property
    def cache(self) -> Path | None:
        """DVC's cache folder, where there is one."""
        if self.root is None or not (self.root / ".dvc").is_dir():
            return None
        return cache_folder(self.root)

    def place(self, md5: str) -> Path | None:
        """Where the cache holds a content; it is not checked against its hash."""
        place = self.cache_path(md5)
        return place if place and place.is_file() else None

    def holds(self, md5: str) -> bool:
        """Whether the cache has a file, or a folder with all its files; unchecked, as DVC trusts it."""
        if self.place(md5) is None:
            return False
        members = self.members(md5) if md5.endswith(FOLDER) else {}
        return members is not None and all(self.place(member) for member in members.values())

    def cache_path(self, md5: str) -> Path | None:
        """Where the cache would hold a content."""
        return self.cache / "files" / "md5" / md5[:2] / md5[2:] if self.cache and len(md5) > 2 else None

    def open(self, md5: str) -> BinaryIO | None:
        """A file's content as a stream, if the cache has it intact; the caller closes it."""
        place = self.place(md5)
        return open_intact(place, md5.removesuffix(FOLDER)) if place else None

    def read(self, md5: str) -> bytes | None:
        """A file's content, if the cache has it intact; all of it in memory, so for listings and records."""
        place = self.place(md5)
        data = place.read_bytes() if place else None
        return data if data is not None and md5_of_bytes(data) == md5.removesuffix(FOLDER) else None

    def members(self, md5: str) -> dict[str, str] | None:
        """Relative path to MD5 of the files of a folder; None where the cache lacks the listing."""
        data = self.read(md5)
        try:
            return {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(data)} if data else None
        except (ValueError, KeyError, TypeError):
            return None


def open_intact(place: Path, md5: str) -> BinaryIO | None:
    """A file's bytes as a stream, if their MD5 is this one; read piece by piece, so they may be larger than memory."""
    stream = place.open("rb")
    found = hashlib.file_digest(stream, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    if found == md5:
        stream.seek(0)
        return stream
    stream.close()
    return None
