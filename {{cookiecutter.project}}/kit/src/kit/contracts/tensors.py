"""Check the header of a safetensors file: names, dtypes and shapes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

if TYPE_CHECKING:
    from kit.contracts.contract import Contract

OTHERS = "*"


def tensors_violation(contract: "Contract", path: Path) -> str | None:
    """The first tensor that is missing, unknown, or of another dtype or shape, as text."""
    expected: dict[str, dict[str, Any]] = contract.document["tensors"]
    try:
        header = read_header(path)
    except (SafetensorError, OSError) as error:
        return f"is not a safetensors file: {error}"
    for name in expected:
        if name != OTHERS and name not in header:
            return f"tensor {name} is missing"
    sizes: dict[str, int] = {}
    for name, (dtype, shape) in header.items():
        rule = expected.get(name, expected.get(OTHERS))
        if rule is None:
            return f"tensor {name} is not in the contract"
        if "dtype" in rule and dtype != rule["dtype"]:
            return f"tensor {name}: dtype is {dtype}, not {rule['dtype']}"
        if "shape" in rule and not shape_fits(shape, rule["shape"], sizes):
            known = ", ".join(f"{dim}={size}" for dim, size in sizes.items())
            return f"tensor {name}: shape is {shape}, not {rule['shape']}" + (f" with {known}" if known else "")
    return None


def read_header(path: Path) -> dict[str, tuple[str, list[int]]]:
    """Tensor name to dtype and shape, without reading the data.

    Raises:
        SafetensorError: the file is not of this format.
    """
    with safe_open(path, framework="numpy") as file:
        slices = {name: file.get_slice(name) for name in sorted(file.keys())}
        return {name: (part.get_dtype(), list(part.get_shape())) for name, part in slices.items()}


def shape_fits(shape: list[int], expected: list[int | str], sizes: dict[str, int]) -> bool:
    """Whether a shape is the expected one; a named dimension has the same size wherever it is used."""
    if len(shape) != len(expected):
        return False
    return all(
        size == (sizes.setdefault(dim, size) if isinstance(dim, str) else dim)
        for size, dim in zip(shape, expected, strict=True)
    )
