import json

import numpy as np
import pandas as pd
import pytest
from run import aligned, run
from scores import expected_calibration_error, paired_interval, reliability


def write_predictions(path, ids, labels, right):
    probabilities = np.full((len(ids), 3), 0.1)
    probabilities[np.arange(len(ids)), np.where(right, labels, (labels + 1) % 3)] = 0.8
    table = pd.DataFrame({"id": ids})
    for prefix in ["score", "prob"]:
        for k in range(3):
            table[f"{prefix}_{k}"] = probabilities[:, k]
    table.to_parquet(path, index=False)
    return path


def write_served(path, ids, labels, right):
    if ids is None:
        pd.DataFrame({"id": pd.Series(dtype="str"), "prob_0": pd.Series(dtype="float64")}).to_parquet(path)
        return path
    pd.read_parquet(write_predictions(path, ids, labels, right)).filter(regex="id|prob").to_parquet(path)
    return path


def measured(tmp_path, in_production=None):
    ids, labels = np.array([f"i{n}" for n in range(30)]), np.arange(30) % 3
    pd.DataFrame({"id": ids, "label": labels}).to_parquet(tmp_path / "test.parquet")
    inputs = {
        "test": tmp_path / "test.parquet",
        "transfer": write_predictions(tmp_path / "t.parquet", ids[::-1], labels[::-1], np.ones(30, bool)),
        "scratch": write_predictions(tmp_path / "s.parquet", ids, labels, np.arange(30) < 15),
        "production": write_served(
            tmp_path / "p.parquet", None if in_production is None else ids, labels, in_production
        ),
    }
    outputs = {name: tmp_path / name for name in ["metrics", "reliability", "reliability_scratch", "confusion"]}
    run(inputs, outputs, {"bins": 10, "resamples": 100, "seed": 0})
    return json.loads(outputs["metrics"].read_text())


def test_the_gain_is_the_difference_in_accuracy(tmp_path):
    metrics = measured(tmp_path)
    assert metrics["transfer"]["accuracy"] == 1.0
    assert metrics["gain"]["accuracy"] == 0.5
    assert 0.2 < metrics["gain"]["low"] < 0.5 < metrics["gain"]["high"] < 0.8
    assert "production" not in metrics


def test_production_is_compared_on_the_same_images(tmp_path):
    metrics = measured(tmp_path, in_production=np.arange(30) < 27)
    assert metrics["production"]["accuracy"] == 0.9
    assert np.isclose(metrics["change"]["accuracy"], 0.1)
    assert 0 <= metrics["change"]["low"] < 0.1 < metrics["change"]["high"] < 0.3


def test_the_same_model_changes_nothing(tmp_path):
    metrics = measured(tmp_path, in_production=np.ones(30, bool))
    assert metrics["change"] == {"accuracy": 0.0, "low": 0.0, "high": 0.0}


def test_confidence_equal_to_accuracy_is_no_calibration_error():
    probabilities = np.tile([0.75, 0.25], (4, 1))
    assert expected_calibration_error(probabilities, np.array([0, 0, 0, 1]), bins=10) == 0


def test_full_confidence_in_wrong_answers_is_the_worst_error():
    probabilities = np.tile([1.0, 0.0], (4, 1))
    assert expected_calibration_error(probabilities, np.ones(4, int), bins=10) == 1
    assert reliability(probabilities, np.ones(4, int), bins=10)["count"].tolist() == [4]


def test_the_interval_of_equal_gains_is_a_point():
    assert paired_interval(np.full(10, 0.5), resamples=50, seed=0) == (0.5, 0.5)


def test_a_test_image_without_prediction_is_an_error():
    with pytest.raises(ValueError, match="1 test images have no prediction"):
        aligned(pd.DataFrame({"id": ["a", "b"], "label": [0, 1]}), pd.DataFrame({"id": ["a"], "prob_0": [1.0]}))
