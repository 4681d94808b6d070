"""Hashes of files and folders as DVC makes them."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from kit.dvc.ignore import Ignored

FOLDER = ".dir"
CHUNK = 1 << 20


def md5_of_bytes(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def md5_of_listing(md5s: Mapping[str, str]) -> str:
    """A folder's hash, from the MD5 of each file by its path in it (dvc_data.hashfile.tree): MD5 of a JSON list."""
    listing = [{"md5": md5, "relpath": path} for path, md5 in sorted(md5s.items())]
    return md5_of_bytes(json.dumps(listing, sort_keys=True).encode()) + FOLDER


def digests(place: Path) -> tuple[str, str]:
    """MD5 and SHA-256 of a file, read once."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
    return md5.hexdigest(), sha256.hexdigest()


def md5_of_file(place: Path) -> str:
    """MD5 of a file, read in pieces."""
    with place.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def files_in(root: Path, folder: str, ignored: Ignored) -> list[str]:
    """The files of a folder that DVC does not ignore, as paths in the folder; no linked folder is followed."""
    found = []
    for place, folders, names in os.walk(root / folder):
        inside = Path(place).relative_to(root / folder).as_posix()
        here = folder if inside == "." else f"{folder}/{inside}"
        folders[:] = ignored.kept(here, folders, are_folders=True)
        prefix = "" if inside == "." else f"{inside}/"
        found += [prefix + name for name in ignored.kept(here, names) if Path(place, name).is_file()]
    return sorted(found)


def dvc_hash(root: Path, path: str, ignored: Ignored | None = None) -> str | None:
    """DVC's hash of a file or folder of a project; None where there is none, or DVC ignores it.

    Args:
        path: relative to the project's root, with forward slashes.
        ignored: what .dvcignore leaves out; read from the project where it is not given.
    """
    ignored = ignored or ignored_in(root)
    place = root / path
    if place.is_dir():
        if ignored.matches(path, is_folder=True):
            return None
        return md5_of_listing({name: md5_of_file(place / name) for name in files_in(root, path, ignored)})
    return md5_of_file(place) if place.is_file() and not ignored.matches(path) else None


def ignored_in(root: Path) -> Ignored:
    """What .dvcignore leaves out of the project in a folder."""

    def read(path: str) -> bytes | None:
        place = root / path
        return place.read_bytes() if place.is_file() else None

    return Ignored(read)


def hash_anywhere(place: Path, root: Path) -> str:
    """DVC's hash of a file or folder that may be outside of the project in `root`, where nothing is ignored."""
    if place.is_file():
        return md5_of_file(place)
    place, root = place.resolve(), root.resolve()
    inside = place.relative_to(root).as_posix() if place.is_relative_to(root) and place != root else None
    found = dvc_hash(root, inside) if inside else None
    return found or str(dvc_hash(place.parent, place.name, Ignored(lambda _: None)))
