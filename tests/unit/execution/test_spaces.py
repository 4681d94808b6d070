"""Outputs that cannot carry the id of their space."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from kit.errors import KitError
from kit.execution.spaces import stamp_outputs
from kit.formats.embedded_metadata import space_of


@pytest.fixture
def outputs(tmp_path: Path) -> dict[str, Path]:
    """Weights, which define a space, and vectors in it."""
    made = {"encoder": tmp_path / "encoder.safetensors", "embeddings": tmp_path / "embeddings.parquet"}
    save_file({"w": numpy.ones(3)}, made["encoder"])
    pq.write_table(pa.table({"x": [1.0]}), made["embeddings"])
    return made


def stamp(outputs: dict[str, Path]) -> None:
    module = SimpleNamespace(spaces={"embeddings": "encoder"}, label="modules/encoder")
    stamp_outputs(cast(Any, module), {}, outputs)


def test_vectors_carry_the_space_of_the_weights(outputs: dict[str, Path]) -> None:
    stamp(outputs)
    assert len(str(space_of(outputs["embeddings"]))) == 64


@pytest.mark.parametrize("port", ["encoder", "embeddings"])
@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:-4] + b"x" * 4, lambda data: b"\xff" * len(data)]
)
def test_a_damaged_output_is_told_in_one_line(port: str, damage: Any, outputs: dict[str, Path]) -> None:
    place = outputs[port]
    place.write_bytes(damage(place.read_bytes()) if port == "embeddings" else damage(place.read_bytes())[:7])
    with pytest.raises(
        KitError, match=f"^modules/encoder: an output cannot be given its space_id: {place.name} is not a"
    ):
        stamp(outputs)


def test_a_footer_with_random_bytes_carries_no_space(outputs: dict[str, Path]) -> None:
    place = outputs["embeddings"]
    data = place.read_bytes()
    place.write_bytes(data[:-40] + b"\x1c" * 32 + data[-8:])
    assert space_of(place) is None
