"""A module's code as it is at some revision: the hashes that dvc.lock and run.json have of it, and what it says."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pathspec import GitIgnoreSpec

from kit.environments.lock import Lock, parse_lock
from kit.errors import KitError
from kit.formats import yaml12
from kit.formats.documents import read_text
from kit.git.files import Files
from kit.project.pipeline import MODULES
from kit.project.project import Project


@dataclass(frozen=True, eq=False)
class Source:
    """The files of a module that decide its results, by their path in its folder."""

    name: str
    files: Mapping[str, bytes]

    @cached_property
    def md5(self) -> str:
        """The folder's hash as DVC makes it (dvc_data.hashfile.tree): MD5 of a JSON list, by path."""
        listing = [
            {"md5": hashlib.md5(data, usedforsecurity=False).hexdigest(), "relpath": path}
            for path, data in sorted(self.files.items())
        ]
        return hashlib.md5(json.dumps(listing, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"

    @cached_property
    def sha256(self) -> str:
        """The folder's hash as run.json has it; see kit.formats.digest."""
        digest = hashlib.sha256()
        for path in sorted(self.files, key=lambda path: PurePosixPath(path).parts):
            digest.update(f"{path}\0{hashlib.sha256(self.files[path]).hexdigest()}\n".encode())
        return digest.hexdigest()

    @cached_property
    def contract(self) -> Mapping[str, Any]:
        """module.yaml; empty where it is none."""
        try:
            document = yaml12.load(self.files.get("module.yaml", b"").decode())
        except (yaml.YAMLError, UnicodeDecodeError):
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def version(self) -> str:
        return str(self.contract.get("version", "unknown"))

    @cached_property
    def lock(self) -> Lock | None:
        """requirements.txt; None where there is none that can be read."""
        label = f"{MODULES}{self.name}/requirements.txt"
        try:
            return parse_lock(self.files.get("requirements.txt", b"").decode(), PurePosixPath(label), label)
        except (KitError, UnicodeDecodeError):
            return None

    @property
    def pins(self) -> dict[str, set[str]]:
        """Package to its locked versions."""
        return self.lock.pins if self.lock else {}


def source_of(files: Files, module: str) -> Source | None:
    """A module's code; None where there is no such folder."""
    ignored = ignored_by(files.read(".dvcignore") or b"")
    folder = MODULES + module
    wanted = (path for path in files.under(folder) if not ignored.match_file(f"{folder}/{path}"))
    contents = {path: files.read(f"{folder}/{path}") for path in wanted}
    found = {path: data for path, data in contents.items() if data is not None}
    return Source(module, found) if found else None


@lru_cache
def ignored_by(dvcignore: bytes) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(dvcignore.decode(errors="replace").splitlines())


class Sources:
    """Modules' code at many revisions; equal folders are read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Source | None] = {}

    def of(self, files: Files, module: str) -> Source | None:
        """A module's code; None where there is no such folder."""
        if not files.keyed:
            return source_of(files, module)
        folder, ignored = files.key(MODULES + module), files.key(".dvcignore")
        if folder is None:
            return None
        key = (module, folder, ignored or "")
        if key not in self._known:
            self._known[key] = source_of(files, module)
        return self._known[key]


def code_files(project: Project, folder: Path) -> list[Path]:
    """The files of a folder that DVC hashes, sorted; an ignored one can change without a stage running again.

    Raises:
        KitError: .dvcignore is not UTF-8 text.
    """
    ignored = GitIgnoreSpec.from_lines(read_text(project.root / ".dvcignore", ".dvcignore").splitlines())
    found: list[Path] = []
    for here, folders, files in os.walk(folder):
        label = Path(here).relative_to(project.root).as_posix()
        folders[:] = [name for name in folders if not ignored.match_file(f"{label}/{name}/")]
        found += [Path(here, name) for name in files if not ignored.match_file(f"{label}/{name}")]
    return sorted(found)
