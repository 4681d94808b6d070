"""A module's code at a revision: its hashes in dvc.lock and run.json, its contract and its lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from kit.dvc.hashing import files_in, ignored_in, md5_of_bytes, md5_of_listing
from kit.dvc.ignore import Ignored
from kit.environments.lock import Lock, parse_lock
from kit.errors import KitError
from kit.formats import yaml12
from kit.formats.digest import sha256_of_bytes, sha256_of_listing
from kit.git.files import Files
from kit.project.project import Project
from kit.project.stage import MODULES


@dataclass(frozen=True, eq=False)
class Source:
    """The files of a module that decide its results, by their path in its folder."""

    name: str
    files: Mapping[str, bytes]

    @cached_property
    def md5(self) -> str:
        """The folder's hash as DVC makes it."""
        return md5_of_listing({path: md5_of_bytes(data) for path, data in self.files.items()})

    @cached_property
    def sha256(self) -> str:
        """The folder's hash in run.json, with the order that files on disk are listed in."""
        paths = sorted(self.files, key=lambda path: PurePosixPath(path).parts)
        return sha256_of_listing((path, sha256_of_bytes(self.files[path])) for path in paths)

    @cached_property
    def contract(self) -> Mapping[str, Any]:
        """module.yaml; empty if it is invalid."""
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
        """requirements.txt; None if there is none that can be read."""
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
    ignored = Ignored(files.read)
    folder = MODULES + module
    wanted = (path for path in files.under(folder) if not ignored.matches(f"{folder}/{path}"))
    contents = {path: files.read(f"{folder}/{path}") for path in wanted}
    found = {path: data for path, data in contents.items() if data is not None}
    return Source(module, found) if found else None


class Sources:
    """Modules' code at many revisions; equal folders are read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Source | None] = {}

    def of(self, files: Files, module: str) -> Source | None:
        """A module's code; None if there is no such folder."""
        if not files.keyed:
            return source_of(files, module)
        folder = files.key(MODULES + module)
        if folder is None:
            return None
        key = (module, folder, *(files.key(path) or "" for path in (".dvcignore", "modules/.dvcignore")))
        if key not in self._known:
            self._known[key] = source_of(files, module)
        return self._known[key]


def code_files(project: Project, folder: Path) -> list[Path]:
    """The files of a folder that DVC hashes, sorted; an ignored one can change without a stage running again.

    Raises:
        KitError: .dvcignore is not UTF-8 text.
    """
    label = folder.relative_to(project.root).as_posix()
    return sorted(folder / name for name in files_in(project.root, label, ignored_in(project.root)))
