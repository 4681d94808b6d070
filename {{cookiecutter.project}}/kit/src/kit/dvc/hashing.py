"""Hashes of files and folders as DVC makes them."""

import hashlib
import json
from pathlib import Path

FOLDER = ".dir"


CHUNK = 1 << 20


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
