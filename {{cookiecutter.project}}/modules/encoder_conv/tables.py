"""Tables of images in, tables of embeddings out."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

SPLITS = ["unlabelled", "support", "calibration", "test"]


def read_images(path: Path) -> tuple[pd.Series, torch.Tensor]:
    """The ids and the images (count, 1, 8, 8) of a table with pixel columns p00 … p63."""
    table = pd.read_parquet(path)
    pixels = table.filter(regex=r"^p\d\d$").to_numpy(dtype="float32")
    return table["id"], torch.tensor(pixels).view(-1, 1, 8, 8)


def embedding_table(parts: list[tuple[str, pd.Series, np.ndarray]]) -> pd.DataFrame:
    """One row per image: id, split and columns e000, e001, …; parts are (split, ids, array (count, dim))."""
    tables = []
    for split, ids, values in parts:
        columns = [f"e{i:03d}" for i in range(values.shape[1])]
        table = pd.DataFrame(np.asarray(values, dtype="float32"), columns=columns)
        table.insert(0, "id", ids.to_numpy())
        table.insert(1, "split", split)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
