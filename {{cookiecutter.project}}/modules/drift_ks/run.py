"""Test whether embeddings drifted, and prove on planted shifts that the test can see one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    table = pd.read_parquet(inputs["embeddings"])
    values = table.filter(regex=r"^e\d{3}$").to_numpy(dtype="float64")
    reference = values[(table["split"] == "unlabelled").to_numpy()]
    current = values[(table["split"] == "test").to_numpy()]
    samples = {
        "control": current,
        "shifted": shifted(current, reference, params["shift"]),
        "subpopulation": subpopulation(current),
    }
    report = {name: drift(reference, sample, params["alpha"]) for name, sample in samples.items()}
    outputs["drift"].write_text(json.dumps(report, indent=2) + "\n")
    for name, result in report.items():
        print(f"{name}: {'drift' if result['drifted'] else 'no drift'} (smallest p {result['p_value']:.2g})")


def drift(reference: np.ndarray, current: np.ndarray, alpha: float) -> dict[str, Any]:
    """Two-sample Kolmogorov-Smirnov test of each feature, Bonferroni-corrected over the features.

    reference (count, dim) and current (count', dim) share their features. Constant features say nothing and are
    counted, not tested.
    """
    varying = [k for k in range(reference.shape[1]) if np.ptp(reference[:, k]) + np.ptp(current[:, k]) > 0]
    tests = [ks_2samp(reference[:, k], current[:, k], method="asymp") for k in varying]
    p_value = min(1.0, min((float(t.pvalue) for t in tests), default=1.0) * max(len(tests), 1))
    return {
        "drifted": bool(p_value < alpha),
        "p_value": p_value,
        "statistic": max((float(t.statistic) for t in tests), default=0.0),
        "features": len(varying),
        "constant_features": reference.shape[1] - len(varying),
    }


def shifted(current: np.ndarray, reference: np.ndarray, amount: float) -> np.ndarray:
    """Every feature moved by `amount` standard deviations of the reference: a changed sensor."""
    return current + amount * reference.std(axis=0)


def subpopulation(current: np.ndarray) -> np.ndarray:
    """The half of the rows on one side of the main axis of variation: a changed mixture of classes."""
    centred = current - current.mean(axis=0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0]
    along = centred @ axis
    return current[along > np.median(along)]
