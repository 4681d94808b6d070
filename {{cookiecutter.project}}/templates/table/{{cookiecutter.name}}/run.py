"""Keep a random share of the rows; replace this with what your module does to the table."""

from pathlib import Path
from typing import Any

import pandas as pd


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    table = read_table(inputs["{{ cookiecutter.input }}"])
    kept = some_rows(table, params["share"], params["seed"])
    kept.to_parquet(outputs["{{ cookiecutter.output }}"], index=False)


def read_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)


def some_rows(table: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """A share (0 to 1) of the rows, drawn at random, in their order."""
    return table.sample(frac=share, random_state=seed).sort_index()
