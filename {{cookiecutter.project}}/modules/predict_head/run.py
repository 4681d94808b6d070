"""Apply a trained head to embeddings of the space it was trained in."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from apply import logits_of, softmax
from safetensors.numpy import load_file


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    embeddings = pd.read_parquet(inputs["aligned"])
    chosen = embeddings[embeddings["split"] == params["split"]]
    head = load_file(inputs["head"])
    logits = logits_of(head, chosen.filter(regex=r"^e\d{3}$").to_numpy(dtype="float32"))
    table = prediction_table(chosen["id"], logits, float(head["temperature"][0]))
    table.to_parquet(outputs["predictions"], index=False)


def prediction_table(ids: pd.Series, logits: np.ndarray, temperature: float) -> pd.DataFrame:
    """One row per image: id, score_K before and prob_K after calibration, for each class K."""
    table = pd.DataFrame({"id": ids.to_numpy()})
    for prefix, values in [("score", softmax(logits)), ("prob", softmax(logits / temperature))]:
        for label in range(logits.shape[1]):
            table[f"{prefix}_{label}"] = values[:, label]
    return table
