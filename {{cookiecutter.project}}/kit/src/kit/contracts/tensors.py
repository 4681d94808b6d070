"""Check the header of a safetensors file: names, dtypes and shapes."""

from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.formats.safetensors_file import SafetensorsError, tensors_of

if TYPE_CHECKING:
    from kit.contracts.contract import Contract

OTHERS = "*"


def tensors_violation(contract: "Contract", path: Path) -> str | None:
    """The first tensor that is missing, unknown, or of another dtype or shape, as text."""
    expected: dict[str, dict[str, Any]] = contract.document["tensors"]
    try:
        tensors = sorted(tensors_of(path), key=attrgetter("name"))
    except SafetensorsError as error:
        return f"is not a safetensors file: {error.reason}"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    header = {tensor.name: (tensor.dtype, list(tensor.shape)) for tensor in tensors}
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


def shape_fits(shape: list[int], expected: list[int | str], sizes: dict[str, int]) -> bool:
    """Whether a shape is the expected one; a named dimension has the same size wherever it is used."""
    if len(shape) != len(expected):
        return False
    return all(
        size == (sizes.setdefault(dim, size) if isinstance(dim, str) else dim)
        for size, dim in zip(shape, expected, strict=True)
    )
