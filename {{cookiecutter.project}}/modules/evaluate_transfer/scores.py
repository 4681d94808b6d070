"""How good, and how sure, are predicted probabilities?"""

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Mean gap between confidence and accuracy over equal-width bins (Guo et al. 2017, eq. 3), in 0..1."""
    table = reliability(probabilities, labels, bins)
    gaps = (table["accuracy"] - table["confidence"]).abs()
    return float((gaps * table["count"]).sum() / len(labels))


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> pd.DataFrame:
    """Mean confidence, accuracy and count of each occupied confidence bin; probabilities (count, classes)."""
    confidence = probabilities.max(axis=1)
    table = pd.DataFrame(
        {
            "bin": np.minimum((confidence * bins).astype(int), bins - 1),
            "confidence": confidence,
            "accuracy": (probabilities.argmax(axis=1) == labels).astype(float),
        }
    )
    grouped = table.groupby("bin")
    return grouped[["confidence", "accuracy"]].mean().assign(count=grouped.size()).reset_index(drop=True)


def summary(probabilities: np.ndarray, scores: np.ndarray, labels: np.ndarray, bins: int) -> dict[str, float]:
    """The quality of calibrated probabilities, and the calibration error of the raw scores before."""
    before = expected_calibration_error(scores, labels, bins)
    return quality(probabilities, labels, bins) | {"ece_uncalibrated": before}


def quality(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> dict[str, float]:
    """Accuracy, macro F1 and calibration error of probabilities (count, classes)."""
    predicted = probabilities.argmax(axis=1)
    return {
        "accuracy": float((predicted == labels).mean()),
        "f1_macro": float(f1_score(labels, predicted, average="macro")),
        "ece": expected_calibration_error(probabilities, labels, bins),
    }


def paired_interval(gains: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of per-image gains (count,)."""
    picks = np.random.default_rng(seed).integers(0, len(gains), size=(resamples, len(gains)))
    low, high = np.quantile(gains[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
