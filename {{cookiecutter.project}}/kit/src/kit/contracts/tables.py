"""Check Parquet and CSV files against a pandera schema."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandera.errors import SchemaErrors
from pandera.io.pandas_io import deserialize_schema

from kit.errors import KitError, one_line

if TYPE_CHECKING:
    from kit.contracts.contract import Contract


def table_violation(contract: "Contract", path: Path) -> str | None:
    """The first failed check of a table with its column, row (from 0) and value, and the number of further ones."""
    try:
        table = read_table(path, header=contract.document.get("header", True))
    except (OSError, ValueError) as error:
        return f"cannot be read as a table: {one_line(error)}"
    try:
        schema_of(contract).validate(table, lazy=True)
    except SchemaErrors as error:
        return in_words(error.failure_cases)
    return None


def read_table(path: Path, header: bool = True) -> pd.DataFrame:
    """A table by its suffix: .parquet or .csv; the columns of a CSV without header are "0", "1", …"""
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".csv":
        return pd.read_csv(path, header="infer" if header else None).rename(columns=str)
    raise ValueError(f"{path.name} is neither .parquet nor .csv")


def schema_of(contract: "Contract") -> Any:
    """The pandera schema in a contract.

    Raises:
        KitError: pandera does not accept it.
    """
    try:
        return deserialize_schema(contract.document["schema"])  # type: ignore[no-untyped-call]
    except Exception as error:  # pandera raises whatever its parts do
        raise KitError(f"schema: {one_line(error)}", contract.label) from error


def in_words(failures: pd.DataFrame) -> str:
    """Pandera's failure cases as text: the first in full, and the number of further ones."""
    first = failures.iloc[0]
    check, value = str(first["check"]), first["failure_case"]
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    if check == "column_in_schema":
        return f"column {value}: is not in the contract{more}"
    if check == "column_in_dataframe":
        return f"column {value}: is missing{more}"
    if check.startswith("no_regex_column_match"):
        return f"column {first['column']}: is missing{more}"
    row = "" if pd.isna(first["index"]) else f", row {int(first['index'])}"
    where = "table" if pd.isna(first["column"]) else f"column {first['column']}"
    return f"{where}{row}: value {value} fails {check}{more}"
