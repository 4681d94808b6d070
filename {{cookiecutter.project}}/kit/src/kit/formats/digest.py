"""Content hashes of files and folders."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def sha256_of(path: Path) -> str:
    """SHA-256 in hex: of a file's bytes, or of a folder's sorted list of (relative path, SHA-256)."""
    if path.is_dir():
        return sha256_of_files(path, (file for file in path.rglob("*") if file.is_file()))
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_files(folder: Path, files: Iterable[Path]) -> str:
    """SHA-256 in hex over the sorted list of (path relative to the folder, SHA-256)."""
    return sha256_of_listing((file.relative_to(folder).as_posix(), sha256_of(file)) for file in sorted(files))


def sha256_of_listing(entries: Iterable[tuple[str, str]]) -> str:
    """SHA-256 in hex over (path, SHA-256), in the order given."""
    listing = hashlib.sha256()
    for path, sha256 in entries:
        listing.update(f"{path}\0{sha256}\n".encode())
    return listing.hexdigest()


def sha256_of_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def size_of(path: Path) -> int:
    """Bytes in a file, or in all files of a folder."""
    if not path.is_dir():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
