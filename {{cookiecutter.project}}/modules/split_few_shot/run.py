"""Split labelled images into a large unlabelled pool and a few labelled ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    images = pd.read_parquet(inputs["images"])
    for name, part in split(images, **params).items():
        print(f"{name}: {len(part)} images")
        part.to_parquet(outputs[name], index=False)


def split(images: pd.DataFrame, shots: int, calibration: int, test: int, seed: int) -> dict[str, pd.DataFrame]:
    """Disjoint parts by id: `shots` labelled images per class, calibration, test and the unlabelled rest."""
    order = np.random.default_rng(seed).permutation(len(images))
    shuffled = images.sort_values("id", ignore_index=True).iloc[order]
    held_out, rest = shuffled.iloc[: calibration + test], shuffled.iloc[calibration + test :]
    support = rest.groupby("label").head(shots)
    if support["label"].value_counts().reindex(images["label"].unique(), fill_value=0).min() < shots:
        raise ValueError(f"fewer than {shots} images of some class are left after calibration and test")
    return {
        "unlabelled": rest.drop(index=support.index).drop(columns="label"),
        "support": support.sort_values(["label", "id"]),
        "calibration": held_out.iloc[:calibration],
        "test": held_out.iloc[calibration:],
    }
