"""Compare the transfer path with training from scratch, and with the model in production, on the same images."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scores import paired_interval, quality, reliability, summary

SYSTEMS = ["transfer", "scratch"]


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    truth = pd.read_parquet(inputs["test"])[["id", "label"]]
    predictions = {name: aligned(truth, pd.read_parquet(inputs[name])) for name in SYSTEMS}
    labels = truth["label"].to_numpy()

    metrics: dict[str, Any] = {name: summary(*predictions[name], labels, bins=params["bins"]) for name in SYSTEMS}
    metrics["gain"] = gain(predictions["transfer"][0], predictions["scratch"][0], labels, **params)
    served = pd.read_parquet(inputs["production"])
    if len(served):
        metrics |= against_production(predictions["transfer"][0], truth, served, **params)
    outputs["metrics"].write_text(json.dumps(metrics, indent=2) + "\n")

    for name, port in [("transfer", "reliability"), ("scratch", "reliability_scratch")]:
        reliability(predictions[name][0], labels, params["bins"]).to_csv(outputs[port], index=False)
    confusion = pd.DataFrame({"actual": labels, "predicted": predictions["transfer"][0].argmax(axis=1)})
    confusion.to_csv(outputs["confusion"], index=False)


def aligned(truth: pd.DataFrame, predictions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities and raw scores (count, classes) in the order of truth; no scores are an empty array."""
    joined = truth.merge(predictions, on="id", validate="one_to_one")
    if len(joined) < len(truth):
        raise ValueError(f"{len(truth) - len(joined)} test images have no prediction")
    return (
        joined.filter(regex=r"^prob_\d+$").to_numpy(dtype="float64"),
        joined.filter(regex=r"^score_\d+$").to_numpy(dtype="float64"),
    )


def gain(
    ours: np.ndarray, theirs: np.ndarray, labels: np.ndarray, bins: int, resamples: int, seed: int
) -> dict[str, float]:
    """Accuracy of one system minus another's, from probabilities (count, classes), with a 95 % interval over images."""
    gains = (ours.argmax(axis=1) == labels).astype(float) - (theirs.argmax(axis=1) == labels).astype(float)
    low, high = paired_interval(gains, resamples, seed)
    return {"accuracy": float(gains.mean()), "low": low, "high": high}


def against_production(
    ours: np.ndarray, truth: pd.DataFrame, served: pd.DataFrame, bins: int, resamples: int, seed: int
) -> dict[str, Any]:
    """How good the model in production is on the same images, and by how much the candidate differs from it."""
    labels = truth["label"].to_numpy()
    theirs, _ = aligned(truth, served)
    return {
        "production": quality(theirs, labels, bins),
        "change": gain(ours, theirs, labels, bins=bins, resamples=resamples, seed=seed),
    }
