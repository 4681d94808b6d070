"""Fit principal components on the unlabelled images and embed every split with them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from apply import scores
from safetensors.numpy import save_file
from sklearn.decomposition import PCA

SPLITS = ["unlabelled", "support", "calibration", "test"]


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    tables = {split: pd.read_parquet(inputs[split]) for split in SPLITS}
    mean, components = fit(pixels(tables["unlabelled"]), params["dim"])
    save_file({"components": components, "mean": mean}, outputs["encoder"])
    embedded = [embed(split, table, mean, components) for split, table in tables.items()]
    pd.concat(embedded, ignore_index=True).to_parquet(outputs["embeddings"], index=False)


def fit(images: np.ndarray, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean (64,) and the first `dim` principal components (dim, 64), both float32."""
    pca = PCA(n_components=dim, svd_solver="full").fit(images.astype("float64"))
    return pca.mean_.astype("float32"), np.ascontiguousarray(pca.components_, dtype="float32")


def embed(split: str, table: pd.DataFrame, mean: np.ndarray, components: np.ndarray) -> pd.DataFrame:
    """One row per image: id, split and the scores e000, e001, …"""
    values = scores(pixels(table), mean, components)
    embedded = pd.DataFrame(values, columns=[f"e{i:03d}" for i in range(len(components))])
    embedded.insert(0, "id", table["id"].to_numpy())
    embedded.insert(1, "split", split)
    return embedded


def pixels(table: pd.DataFrame) -> np.ndarray:
    return table.filter(regex=r"^p\d\d$").to_numpy(dtype="float32")
