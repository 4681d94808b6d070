"""Map embeddings into the space of a reference, fitted without labels on images that both embed."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from apply import aligned
from safetensors.numpy import save_file

FEATURES = r"^e\d{3}$"


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    table, reference = pd.read_parquet(inputs["embeddings"]), pd.read_parquet(inputs["reference"])
    mean, projection, offset = ridge(*paired(table, reference), params["alpha"])
    save_file({"mean": mean, "projection": projection, "offset": offset}, outputs["adapter"])

    values = aligned(table.filter(regex=FEATURES).to_numpy("float32"), mean, projection, offset)
    mapped = pd.DataFrame(values, columns=reference.filter(regex=FEATURES).columns)
    pd.concat([table[["id", "split"]], mapped], axis=1).to_parquet(outputs["aligned"], index=False)


def paired(table: pd.DataFrame, reference: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Features (count, dim) and (count, dim') of the unlabelled images that both tables hold, in one order."""
    pool = table.loc[table["split"] == "unlabelled", "id"]
    shared = pool[pool.isin(reference["id"])]
    if shared.empty:
        raise ValueError("embeddings and reference share no unlabelled image")
    print(f"fitted on {len(shared)} of {len(pool)} unlabelled images")
    one, two = (part.set_index("id").loc[shared].filter(regex=FEATURES) for part in (table, reference))
    return one.to_numpy("float64"), two.to_numpy("float64")


def ridge(values: np.ndarray, targets: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ridge regression (Hoerl and Kennard 1970) of targets (count, dim') on values (count, dim).

    The penalty is alpha times the mean variance of the values. Gives mean (dim,), projection (dim, dim') and offset
    (dim',), all float32.
    """
    mean, offset = values.mean(axis=0), targets.mean(axis=0)
    centred = values - mean
    gram = centred.T @ centred
    penalty = alpha * np.trace(gram) / len(gram) * np.eye(len(gram))
    projection = np.linalg.solve(gram + penalty, centred.T @ (targets - offset))
    return mean.astype("float32"), np.ascontiguousarray(projection, dtype="float32"), offset.astype("float32")
