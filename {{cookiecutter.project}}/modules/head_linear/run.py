"""Fit a linear classifier on a few labelled embeddings and calibrate its confidence."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from calibration import best_temperature
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from tables import labelled


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    embeddings = pd.read_parquet(inputs["aligned"])
    support = labelled(embeddings, pd.read_parquet(inputs["support"]))
    calibration = labelled(embeddings, pd.read_parquet(inputs["calibration"]))

    classifier = LogisticRegression(C=params["C"], max_iter=params["max_iter"]).fit(*support)
    temperature = best_temperature(classifier.decision_function(calibration[0]), calibration[1])
    print(f"temperature {temperature:.3f}")
    weights = {
        "0.weight": np.ascontiguousarray(classifier.coef_, dtype="float32"),
        "0.bias": classifier.intercept_.astype("float32"),
        "temperature": np.array([temperature], dtype="float32"),
    }
    save_file(weights, outputs["head"])
