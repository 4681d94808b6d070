"""Digests of the tensors in a safetensors file, which stay the same when it is renamed or saved again."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHUNK = 1 << 20


def tensor_digests(path: Path) -> dict[str, str]:
    """Tensor name to the SHA-256 of [dtype, shape, SHA-256 of its contiguous little-endian bytes].

    The format (github.com/huggingface/safetensors, README): 8 bytes N, N bytes of JSON, then the data.

    Raises:
        ValueError: the file is not of this format.
    """
    return {name: _sha256_of_json([dtype, shape, data]) for name, dtype, shape, data in _tensors(path)}


def tensor_digest(path: Path) -> str:
    """SHA-256 over the sorted list of [name, dtype, shape, SHA-256 of bytes], independent of the file's metadata.

    Raises:
        ValueError: the file is not of this format.
    """
    return _sha256_of_json(sorted([name, dtype, shape, data] for name, dtype, shape, data in _tensors(path)))


def dtypes(path: Path) -> list[str]:
    """The dtypes that occur in a safetensors file, as the format names them.

    Raises:
        ValueError: the file is not of this format.
    """
    header = read_header(path)[0]
    return sorted({entry["dtype"] for name, entry in header.items() if name != "__metadata__"})


def metadata_of(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file.

    Raises:
        ValueError: the file is not of this format.
    """
    return dict(read_header(path)[0].get("__metadata__", {}))


def set_metadata(path: Path, key: str, value: str) -> None:
    """Set one entry of a safetensors file's metadata; the tensors keep their bytes.

    Raises:
        ValueError: the file is not of this format.
    """
    header, start = read_header(path)
    header["__metadata__"] = dict(sorted({**header.get("__metadata__", {}), key: value}.items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the data stays aligned, as the format asks
    fresh = path.with_name(f"{path.name}.stamped")
    with path.open("rb") as old, fresh.open("wb") as new:
        new.write(len(text).to_bytes(8, "little") + text)
        old.seek(start)
        shutil.copyfileobj(old, new, CHUNK)
    fresh.replace(path)


def read_header(path: Path) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file, and where its data begins.

    Raises:
        ValueError: the file is not of this format.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size - 8:
            raise ValueError(f"{path.name} is not a safetensors file")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError(f"{path.name} is not a safetensors file")
    return header, 8 + length


def _tensors(path: Path) -> Iterator[tuple[str, str, list[int], str]]:
    """(name, dtype, shape, SHA-256 of its bytes) of every tensor."""
    header, start = read_header(path)
    with path.open("rb") as file:
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            digest, left = hashlib.sha256(), end - begin
            while left and (chunk := file.read(min(left, CHUNK))):
                digest.update(chunk)
                left -= len(chunk)
            if left:
                raise ValueError(f"{path.name} ends in the middle of tensor {name}")
            yield name, entry["dtype"], entry["shape"], digest.hexdigest()


def _sha256_of_json(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()
