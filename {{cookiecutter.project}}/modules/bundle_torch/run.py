"""Pack encoder, adapter and head into one folder, and see that it predicts what the pipeline predicted."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from card import card
from hubconf import PARTS

HERE = Path(__file__).resolve().parent


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    folder = outputs["model"]
    pixels = pd.read_parquet(inputs["test"])
    predictions = pd.read_parquet(inputs["predictions"])
    pack(inputs, folder, classes=predictions.filter(regex=r"^prob_\d+$").shape[1], features=features_of(pixels))
    difference = parity(folder, pixels, predictions, params["tolerance"])
    print(f"the bundle's probabilities differ from the pipeline's by {difference:.1e} at most")
    (folder / "README.md").write_text(card(folder, json.loads(inputs["metrics"].read_text())))


def pack(inputs: dict[str, Path], folder: Path, classes: int, features: int) -> None:
    """Write everything that the model needs, and nothing that names this project."""
    for part in PARTS:
        (folder / part).mkdir(parents=True)
        shutil.copyfile(inputs[part], folder / part / "weights.safetensors")
        shutil.copyfile(inputs[f"{part}_code"], folder / part / "apply.py")
    for name in ("hubconf.py", "requirements.txt"):
        shutil.copyfile(HERE / name, folder / name)
    contract = {
        "input": {"features": features, "dtype": "float32", "minimum": 0, "maximum": 1},
        "output": {"classes": classes, "dtype": "float64", "meaning": "calibrated probability of class K in column K"},
    }
    (folder / "contract.json").write_text(json.dumps(contract, indent=2) + "\n")


def parity(folder: Path, images: pd.DataFrame, predictions: pd.DataFrame, tolerance: float) -> float:
    """The largest difference between the probabilities of the bundle and of the pipeline, image by image.

    Raises:
        ValueError: one is larger than the tolerance, or another class comes out.
    """
    sys.dont_write_bytecode = True  # nothing but what was packed belongs in the folder
    model = torch.hub.load(str(folder), "model", source="local", verbose=False)
    ordered = images.set_index("id").loc[predictions["id"]]
    ours = model(torch.tensor(ordered.filter(regex=r"^p\d\d$").to_numpy("float32"))).numpy()
    theirs = predictions.filter(regex=r"^prob_\d+$").to_numpy()
    difference = float(np.abs(ours - theirs).max())
    changed = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
    if changed or difference > tolerance:
        raise ValueError(
            f"the bundle predicts another class for {changed} of {len(ours)} images; probabilities differ by up to"
            f" {difference:.1e}"
        )
    return difference


def features_of(images: pd.DataFrame) -> int:
    return images.filter(regex=r"^p\d\d$").shape[1]
