"""DVC's cache: contents by their hash."""

import json
from functools import cached_property
from pathlib import Path

from kit.dvc.config import cache_folder
from kit.dvc.hashing import FOLDER, md5_of_bytes


class Storage:
    """What of a project's data is on this machine; nothing in a bare repository."""

    def __init__(self, root: Path | None) -> None:
        self.root = root

    @cached_property
    def cache(self) -> Path | None:
        """DVC's cache folder, where there is one."""
        if self.root is None or not (self.root / ".dvc").is_dir():
            return None
        return cache_folder(self.root)

    def place(self, md5: str) -> Path | None:
        """Where the cache holds a content; whether it still is that content is another question."""
        place = self.cache_path(md5)
        return place if place and place.is_file() else None

    def cache_path(self, md5: str) -> Path | None:
        """Where the cache would hold a content."""
        return self.cache / "files" / "md5" / md5[:2] / md5[2:] if self.cache and len(md5) > 2 else None

    def read(self, md5: str) -> bytes | None:
        """A file's content, if the cache has it unharmed."""
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
