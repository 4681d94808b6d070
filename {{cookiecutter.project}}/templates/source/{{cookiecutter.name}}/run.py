"""Make a table of random numbers; replace this with what reads your data."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    numbers = random_numbers(params["rows"], params["seed"])
    numbers.to_parquet(outputs["{{ cookiecutter.output }}"], index=False)


def random_numbers(rows: int, seed: int) -> pd.DataFrame:
    """One row per number: its id and its value, between 0 and 1."""
    values = np.random.default_rng(seed).random(rows)
    return pd.DataFrame({"id": [f"n{number}" for number in range(rows)], "value": values})
