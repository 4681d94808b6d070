"""Content hashes of files and folders."""

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """SHA-256 in hex: of a file's bytes, or of a folder's sorted list of (relative path, SHA-256)."""
    if not path.is_dir():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    listing = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        listing.update(f"{file.relative_to(path).as_posix()}\0{sha256_of(file)}\n".encode())
    return listing.hexdigest()


def size_of(path: Path) -> int:
    """Bytes in a file, or in all files of a folder."""
    if not path.is_dir():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
