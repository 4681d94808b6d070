"""safetensors files: their header, their metadata, and digests of tensors that survive renaming and saving again.

The format (github.com/huggingface/safetensors, README): 8 bytes N, N bytes of JSON, then the data of all tensors
without a gap.
"""

import hashlib
import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

CHUNK = 1 << 20
METADATA = "__metadata__"
HEADER_BYTES = 100_000_000  # the most that the format allows
BITS = (
    dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8)
    | dict.fromkeys(("U16", "I16", "F16", "BF16"), 16)
    | dict.fromkeys(("U32", "I32", "F32"), 32)
    | dict.fromkeys(("U64", "I64", "F64", "C64"), 64)
    | {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
)


class SafetensorsError(ValueError):
    """A file that is not of this format; `reason` says why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} is not a safetensors file: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class Tensor:
    """A tensor of a file: `size` bytes from `begin` on; its dtype as the format names it, which may be a new one."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    size: int


def tensor_digests(path: Path) -> dict[str, str]:
    """Tensor name to the SHA-256 of [dtype, shape, SHA-256 of its contiguous little-endian bytes].

    Raises:
        SafetensorsError: the file is not of this format.
    """
    return {tensor.name: _sha256_of_json([tensor.dtype, tensor.shape, data]) for tensor, data in _hashed(path)}


def tensor_digest(path: Path) -> str:
    """SHA-256 over the sorted list of [name, dtype, shape, SHA-256 of bytes], independent of the file's metadata.

    Raises:
        SafetensorsError: the file is not of this format.
    """
    return _sha256_of_json(sorted([tensor.name, tensor.dtype, tensor.shape, data] for tensor, data in _hashed(path)))


def dtypes(path: Path) -> list[str]:
    """The dtypes that occur in a safetensors file, as the format names them.

    Raises:
        SafetensorsError: the file is not of this format.
    """
    return sorted({tensor.dtype for tensor in tensors_of(path)})


def metadata_of(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file.

    Raises:
        SafetensorsError: the file is not of this format.
    """
    with path.open("rb") as stream:
        return dict(_header(stream)[0].get(METADATA, {}))


def set_metadata(path: Path, key: str, value: str) -> None:
    """Set one entry of a safetensors file's metadata; the tensors keep their bytes.

    Raises:
        SafetensorsError: the file is not of this format.
    """
    fresh = path.with_name(f"{path.name}.stamped")
    with path.open("rb") as old, fresh.open("wb") as new:
        header, start = _header(old)
        header[METADATA] = dict(sorted({**header.get(METADATA, {}), key: value}.items()))
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)  # the data stays aligned, as the format asks
        new.write(len(text).to_bytes(8, "little") + text)
        old.seek(start)
        shutil.copyfileobj(old, new, CHUNK)
    fresh.replace(path)


def tensors_of(path: Path) -> list[Tensor]:
    """The tensors of a file as its header describes them, which is checked against the file's size; none is read.

    Raises:
        SafetensorsError: the file is not of this format.
    """
    with path.open("rb") as stream:
        return tensors_in(stream)


def tensors_in(stream: BinaryIO) -> list[Tensor]:
    """The same, of an open file.

    Raises:
        SafetensorsError: the file is not of this format.
    """
    header, start = _header(stream)
    try:
        found = [
            _tensor(name, entry, start, *entry["data_offsets"]) for name, entry in header.items() if name != METADATA
        ]
    except (TypeError, KeyError, ValueError) as error:
        raise SafetensorsError(_name(stream), f"an entry of its header is not one of a tensor: {error}") from None
    end = start
    for tensor in sorted(found, key=lambda tensor: (tensor.begin, tensor.size)):
        if tensor.begin != end or tensor.size < 0:
            raise SafetensorsError(_name(stream), f"the data of tensor {tensor.name} do not follow the one before")
        bits = math.prod(tensor.shape) * BITS[tensor.dtype] if tensor.dtype in BITS else 8 * tensor.size
        if bits != 8 * tensor.size:
            raise SafetensorsError(_name(stream), f"tensor {tensor.name} has another size than its dtype and shape")
        end += tensor.size
    if end != stream.seek(0, SEEK_END):
        raise SafetensorsError(_name(stream), "its data are cut off, or go on behind the last tensor")
    return found


def pieces(stream: BinaryIO, tensor: Tensor, size: int = CHUNK) -> Iterator[bytes]:
    """A tensor's bytes, little-endian and contiguous, of at most `size` at a time."""
    for at in range(0, tensor.size, size):
        stream.seek(tensor.begin + at)
        yield stream.read(min(size, tensor.size - at))


def _tensor(name: str, entry: Any, start: int, begin: Any, end: Any) -> Tensor:
    shape = tuple(entry["shape"])
    if (
        not all(type(number) is int and number >= 0 for number in (*shape, begin, end))
        or type(entry["dtype"]) is not str
    ):
        raise ValueError(name)
    return Tensor(name, entry["dtype"], shape, start + begin, end - begin)


def _header(stream: BinaryIO) -> tuple[dict[str, Any], int]:
    """The header's JSON, and where the data begin."""
    size = stream.seek(0, SEEK_END)
    stream.seek(0)
    length = int.from_bytes(stream.read(8), "little")
    if size < 8 or length > min(size - 8, HEADER_BYTES):
        raise SafetensorsError(_name(stream), "it is cut off, or has no header")
    try:
        header = json.loads(stream.read(length).decode())
    except (ValueError, RecursionError):
        raise SafetensorsError(_name(stream), "its header is invalid JSON") from None
    if isinstance(header, dict) and header.get(METADATA, {}) is None:
        del header[METADATA]
    if not isinstance(header, dict) or not _is_metadata(header.get(METADATA, {})):
        raise SafetensorsError(_name(stream), "its header does not describe tensors")
    return header, 8 + length


def _is_metadata(found: Any) -> bool:
    return isinstance(found, dict) and all(isinstance(value, str) for value in found.values())


def _hashed(path: Path) -> Iterator[tuple[Tensor, str]]:
    """Every tensor, with the SHA-256 of its bytes."""
    with path.open("rb") as stream:
        for tensor in tensors_in(stream):
            digest = hashlib.sha256()
            for piece in pieces(stream, tensor):
                digest.update(piece)
            yield tensor, digest.hexdigest()


def _name(stream: BinaryIO) -> str:
    return Path(str(getattr(stream, "name", "it"))).name


def _sha256_of_json(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()
