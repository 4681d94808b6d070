"""Predict the test images with the model that is in production, if there is one."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    images = pd.read_parquet(inputs["test"])
    table = served(inputs["production"], images)
    print(f"{len(table)} images predicted" if len(table) else "nothing is in production yet")
    table.to_parquet(outputs["served"], index=False)


def served(bundle: Path, images: pd.DataFrame) -> pd.DataFrame:
    """One row per image: id and prob_K for each class K; no rows where the folder holds no model."""
    if not (bundle / "hubconf.py").is_file():
        return pd.DataFrame({"id": pd.Series(dtype="str"), "prob_0": pd.Series(dtype="float64")})
    sys.dont_write_bytecode = True  # data is only read
    model = torch.hub.load(str(bundle), "model", source="local", verbose=False)
    values = model(torch.tensor(images.filter(regex=r"^p\d\d$").to_numpy("float32"))).numpy()
    table = pd.DataFrame(np.asarray(values, "float64"), columns=[f"prob_{k}" for k in range(values.shape[1])])
    table.insert(0, "id", images["id"].to_numpy())
    return table
