"""Embeddings and labels in, predictions out."""

import numpy as np
import pandas as pd
from calibration import softmax


def labelled(embeddings: pd.DataFrame, images: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Features (count, dim) and labels (count,) of the embeddings whose ids are among the labelled images."""
    joined = images[["id", "label"]].merge(embeddings, on="id", validate="one_to_one")
    if len(joined) < len(images):
        raise ValueError(f"{len(images) - len(joined)} labelled images have no embedding")
    return features(joined), joined["label"].to_numpy()


def features(embeddings: pd.DataFrame) -> np.ndarray:
    return embeddings.filter(regex=r"^e\d{3}$").to_numpy(dtype="float32")


def prediction_table(ids: pd.Series, logits: np.ndarray, temperature: float) -> pd.DataFrame:
    """One row per image: id, score_K before and prob_K after calibration, for each class K."""
    table = pd.DataFrame({"id": ids.to_numpy()})
    for prefix, values in [("score", softmax(logits)), ("prob", softmax(logits / temperature))]:
        for label in range(logits.shape[1]):
            table[f"{prefix}_{label}"] = np.asarray(values[:, label], dtype="float64")
    return table
