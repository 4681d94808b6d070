"""DVC's cache: contents and run records by their hash, and what the run cache remembers."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from kit.execution.record import SCHEMA
from kit.formats import yaml12
from kit.formats.documents import schema_named, violation
from kit.lineage.history.lockfile import Execution
from kit.project.pipeline import cache_folder
from kit.project.project import Project

FOLDER = ".dir"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Recorded:
    """An execution's run record, or why there is none: `problem`; `damaged` where what is there is not what it was."""

    document: dict[str, Any] | None
    problem: str = ""
    damaged: bool = False


class Storage:
    """What of a project's data is on this machine; nothing in a bare repository."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._records: dict[str, Recorded] = {}

    @cached_property
    def cache(self) -> Path | None:
        """DVC's cache folder, where there is one."""
        if self.root is None or not (self.root / ".dvc").is_dir():
            return None
        return cache_folder(Project(self.root))

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

    def record(self, execution: Execution) -> Recorded:
        """The run record that dvc.lock names for an execution."""
        wanted = execution.record
        if wanted is None:
            return Recorded(None, "the stage keeps no run record (run.json is not among its outs)")
        if wanted.hash not in self._records:
            self._records[wanted.hash] = self._read_record(wanted.path, wanted.hash)
        return self._records[wanted.hash]

    def _read_record(self, path: str, md5: str) -> Recorded:
        place = self.place(md5)
        here = self.root / path if self.root else None
        candidates = [found.read_bytes() for found in (place, here) if found and found.is_file()]
        data = next((data for data in candidates if md5_of_bytes(data) == md5), None)
        if data is None and place:
            return Recorded(None, f"{path}: the cache holds other bytes than those of {md5[:8]}", damaged=True)
        if data is None:
            return Recorded(None, f"{path}: the run record {md5[:8]} is not on this machine; `dvc fetch` brings it")
        return parsed_record(data, path)

    def run_cache(self) -> Iterator[Execution]:
        """Every execution that DVC's run cache could restore."""
        for place in sorted((self.cache / "runs").glob("??/*/*") if self.cache else []):
            try:
                document = yaml12.load(place.read_text(encoding="utf-8"))
                words = str(document["cmd"]).split()
                yield Execution(words[2] if words[:2] == ["kit", "run"] else "", document)
            except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError, IndexError):
                continue  # DVC, too, passes over what it cannot read there


def parsed_record(data: bytes, shown: str) -> Recorded:
    """A run record from its bytes."""
    try:
        document = json.loads(data)
    except ValueError as error:
        return Recorded(None, f"{shown}: is no JSON: {error}", damaged=True)
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        return Recorded(None, f"{shown}: is of schema {schema}, which this kit does not know; update the kit")
    problem = violation(document, schema_named("run"))
    if problem:
        return Recorded(None, f"{shown}: is no run record: {problem}", damaged=True)
    return Recorded(dict(document))


def md5_of_bytes(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def digests(place: Path) -> tuple[str, str]:
    """MD5 and SHA-256 of a file, read once."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
    return md5.hexdigest(), sha256.hexdigest()


def dvc_hash(place: Path) -> str:
    """What DVC would call a file's or folder's content, without .dvcignore."""
    if not place.is_dir():
        return digests(place)[0]
    files = sorted((path.relative_to(place).as_posix(), path) for path in place.rglob("*") if path.is_file())
    listing = [{"md5": digests(path)[0], "relpath": name} for name, path in files]
    return md5_of_bytes(json.dumps(listing, sort_keys=True).encode()) + FOLDER
