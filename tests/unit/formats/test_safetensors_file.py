"""safetensors headers: what is read of them is what the format's own library reads, whatever is wrong with the file."""

import json
import random
from pathlib import Path

import numpy
import pytest
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from kit.formats.safetensors_file import BITS, SafetensorsError, metadata_of, set_metadata, tensor_digest, tensors_of

DTYPES = ["float32", "float64", "float16", "int8", "uint16", "int64", "bool"]


def random_file(draw: random.Random) -> bytes:
    shapes = [[draw.randint(0, 4) for _ in range(draw.randint(0, 3))] for _ in range(draw.randint(0, 4))]
    arrays = {f"t{number}": numpy.ones(shape, draw.choice(DTYPES)) for number, shape in enumerate(shapes)}
    return save(arrays, metadata=draw.choice([None, {"space_id": "ä"}]))


def damaged(draw: random.Random, data: bytes) -> bytes:
    """One change: of a byte, of the length, or of the header's JSON."""
    act = draw.randrange(4)
    if act == 0 and data:
        at = draw.randrange(min(len(data), 200))
        return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
    if act == 1:
        return data[: draw.randrange(len(data) + 1)] + b"more" * draw.randint(0, 1)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    entries = [entry for name, entry in header.items() if name != "__metadata__"]
    if act == 2 and entries:
        entry = draw.choice(entries)
        key = draw.choice(list(entry))
        entry[key] = draw.choice([None, [], [0], [-1, 4], [0, 1 << 62], "F32", "U8", 1.5, {"a": 1}])
    else:
        header[draw.choice(["__metadata__", "x"])] = draw.choice([None, 1, {"a": 1}, {"a": "b"}, []])
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def by_the_library(path: Path) -> list[tuple[str, list[int], str]] | None:
    try:
        with safe_open(path, framework="numpy") as file:
            slices = {name: file.get_slice(name) for name in sorted(file.keys())}
            return [(name, list(part.get_shape()), part.get_dtype()) for name, part in slices.items()]
    except SafetensorError:
        return None


def by_the_kit(path: Path) -> list[tuple[str, list[int], str]] | None:
    """None also for a dtype that only a newer library knows, which the kit takes as it is."""
    try:
        if any(tensor.dtype not in BITS for tensor in tensors_of(path)):
            return None
        return sorted((tensor.name, list(tensor.shape), tensor.dtype) for tensor in tensors_of(path))
    except SafetensorsError:
        return None


@pytest.mark.parametrize("seed", range(8))
def test_the_library_and_the_kit_agree_on_random_files(seed: int, tmp_path: Path) -> None:
    draw, path = random.Random(seed), tmp_path / "w.safetensors"
    for number in range(100):
        data = random_file(draw)
        path.write_bytes(data if number % 4 == 0 else damaged(draw, data))
        assert by_the_kit(path) == by_the_library(path), path.read_bytes()


@pytest.mark.parametrize("seed", range(4))
def test_metadata_change_no_tensor(seed: int, tmp_path: Path) -> None:
    draw, path = random.Random(seed), tmp_path / "w.safetensors"
    for _ in range(20):
        path.write_bytes(random_file(draw))
        before, digest = by_the_library(path), tensor_digest(path)
        set_metadata(path, "space_id", "new")
        assert (by_the_library(path), tensor_digest(path), metadata_of(path)["space_id"]) == (before, digest, "new")
