"""Embeddings and labels, joined."""

import numpy as np
import pandas as pd


def labelled(embeddings: pd.DataFrame, images: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Features (count, dim) and labels (count,) of the embeddings whose ids are among the labelled images."""
    joined = images[["id", "label"]].merge(embeddings, on="id", validate="one_to_one")
    if len(joined) < len(images):
        raise ValueError(f"{len(images) - len(joined)} labelled images have no embedding")
    return joined.filter(regex=r"^e\d{3}$").to_numpy(dtype="float32"), joined["label"].to_numpy()
