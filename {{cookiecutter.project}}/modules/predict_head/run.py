"""Apply a trained head to embeddings of the space it was trained in."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load_file


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    embeddings = pd.read_parquet(inputs["aligned"])
    chosen = embeddings[embeddings["split"] == params["split"]]
    head = load_file(inputs["head"])
    logits = logits_of(head, chosen.filter(regex=r"^e\d{3}$").to_numpy(dtype="float32"))
    table = prediction_table(chosen["id"], logits, float(head["temperature"][0]))
    table.to_parquet(outputs["predictions"], index=False)


def logits_of(head: dict[str, np.ndarray], values: np.ndarray) -> np.ndarray:
    """Logits (count, classes) of values (count, dim): affine layers N.weight, N.bias in order, ReLU between them."""
    layers = sorted({int(name.split(".")[0]) for name in head if "." in name})
    for number in layers:
        values = values @ head[f"{number}.weight"].T + head[f"{number}.bias"]
        if number != layers[-1]:
            values = np.maximum(values, 0)
    return values.astype("float64")


def prediction_table(ids: pd.Series, logits: np.ndarray, temperature: float) -> pd.DataFrame:
    """One row per image: id, score_K before and prob_K after calibration, for each class K."""
    table = pd.DataFrame({"id": ids.to_numpy()})
    for prefix, values in [("score", softmax(logits)), ("prob", softmax(logits / temperature))]:
        for label in range(logits.shape[1]):
            table[f"{prefix}_{label}"] = values[:, label]
    return table


def softmax(logits: np.ndarray) -> np.ndarray:
    """Rows of logits (count, classes) as probabilities."""
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)
