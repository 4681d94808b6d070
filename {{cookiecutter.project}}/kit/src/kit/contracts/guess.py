"""A first contract for raw data, inferred from it: columns and their types, for people to make stricter."""

from pathlib import Path
from typing import Any

from kit.errors import KitError, one_line

GUESSED = "Inferred from the data by `kit new`; say what a row is, and make it stricter."


def guessed_contract(path: Path, label: str) -> dict[str, Any]:
    """A contract that the file satisfies.

    Raises:
        KitError: it cannot be read as CSV, Parquet, JSON or safetensors.
    """
    if path.suffix in {".csv", ".parquet"}:
        return {"kind": "table", "description": GUESSED, "schema": {"strict": True, "columns": _columns(path, label)}}
    if path.suffix == ".json":
        return {"kind": "json", "description": GUESSED, "schema": {}}
    if path.suffix == ".safetensors":
        return {"kind": "tensors", "description": GUESSED, "tensors": {"*": {}}}
    raise KitError("no contract can be inferred from it; use .csv, .parquet, .json or .safetensors", label)


def _columns(path: Path, label: str) -> dict[str, Any]:
    import pandas as pd

    try:
        table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise KitError(f"cannot be read as a table: {one_line(error)}", label) from None
    return {str(name): _column(column) for name, column in table.items()}


def _column(column: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"dtype": str(column.dtype)}
    return entry | ({"nullable": True} if column.isna().any() else {})
