"""Whiten embeddings with the statistics of the unlabelled pool."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from apply import aligned
from safetensors.numpy import save_file


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    table = pd.read_parquet(inputs["embeddings"])
    values = table.filter(regex=r"^e\d{3}$")
    mean, projection = whitening(values[table["split"] == "unlabelled"].to_numpy("float64"), params["shrinkage"])
    offset = np.zeros(projection.shape[1], "float32")
    save_file({"mean": mean, "projection": projection, "offset": offset}, outputs["adapter"])
    table[values.columns] = aligned(values.to_numpy(), mean, projection, offset)
    table.to_parquet(outputs["aligned"], index=False)


def whitening(values: np.ndarray, shrinkage: float) -> tuple[np.ndarray, np.ndarray]:
    """The mean (dim,) and the ZCA whitening matrix (dim, dim) of values (count, dim), both float32.

    The covariance is shrunk towards its diagonal; at shrinkage 1 every feature is only standardised. Features that
    hardly vary (below 0.1 % of the mean variance) are not blown up.
    """
    covariance = np.cov(values, rowvar=False)
    variances = np.diag(covariance)
    target = np.diag(variances + 1e-3 * variances.mean())
    eigenvalues, vectors = np.linalg.eigh((1 - shrinkage) * covariance + shrinkage * target)
    scales = 1 / np.sqrt(np.maximum(eigenvalues, 1e-6 * eigenvalues.max()))
    projection = (vectors * scales) @ vectors.T
    return values.mean(axis=0).astype("float32"), np.ascontiguousarray(projection, dtype="float32")
