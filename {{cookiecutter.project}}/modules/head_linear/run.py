"""Fit a linear classifier on a few labelled embeddings and calibrate its confidence."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from calibration import best_temperature
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from tables import features, labelled, prediction_table


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    embeddings = pd.read_parquet(inputs["aligned"])
    support = labelled(embeddings, pd.read_parquet(inputs["support"]))
    calibration = labelled(embeddings, pd.read_parquet(inputs["calibration"]))
    test = embeddings[embeddings["split"] == "test"]

    classifier = LogisticRegression(C=params["C"], max_iter=params["max_iter"]).fit(*support)
    temperature = best_temperature(classifier.decision_function(calibration[0]), calibration[1])
    print(f"temperature {temperature:.3f}")
    weights = {
        "weight": classifier.coef_.astype("float32"),
        "bias": classifier.intercept_.astype("float32"),
        "temperature": np.array([temperature], dtype="float32"),
    }
    save_file(weights, outputs["head"])
    logits = classifier.decision_function(features(test))
    prediction_table(test["id"], logits, temperature).to_parquet(outputs["predictions"], index=False)
