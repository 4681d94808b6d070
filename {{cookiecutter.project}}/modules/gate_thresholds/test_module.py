import json

import pytest
from run import decide, run

LIMITS = {"min_accuracy": 0.8, "min_gain": 0.0, "max_ece": 0.1, "max_loss": 0.02}


def metrics(accuracy=0.9, ece=0.05, low=0.02):
    return {
        "transfer": {"accuracy": accuracy, "ece": ece},
        "gain": {"accuracy": low + 0.05, "low": low, "high": low + 0.1},
    }


def drift(control=False, shifted=True, subpopulation=True):
    found = {"control": control, "shifted": shifted, "subpopulation": subpopulation}
    return {name: {"drifted": value} for name, value in found.items()}


def test_a_good_model_is_accepted():
    assert decide(metrics(), drift(), **LIMITS) == {"accepted": True, "reasons": []}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"accuracy": 0.7}, "accuracy 0.700 is below 0.8"),
        ({"ece": 0.2}, "calibration error 0.200 is above 0.1"),
        ({"low": -0.01}, "may be below 0.0"),
    ],
)
def test_a_missed_limit_is_the_reason(change, reason):
    decision = decide(metrics(**change), drift(), **LIMITS)
    assert not decision["accepted"]
    assert len(decision["reasons"]) == 1
    assert reason in decision["reasons"][0]


def changed_by(low, accuracy=0.2):
    """A candidate that no threshold would let pass, and what it changes against production."""
    change = {"accuracy": low + 0.01, "low": low, "high": low + 0.02}
    return metrics(accuracy=accuracy, low=-0.5) | {"production": {}, "change": change}


def test_production_takes_the_place_of_the_thresholds():
    assert decide(changed_by(0.0), drift(), **LIMITS)["accepted"]
    assert decide(changed_by(-0.02), drift(), **LIMITS)["accepted"]


def test_what_may_be_worse_than_production_is_rejected():
    decision = decide(changed_by(-0.021, accuracy=0.99), drift(), **LIMITS)
    assert len(decision["reasons"]) == 1
    assert "95 % interval -0.021 to -0.001: it may lose more than 0.02" in decision["reasons"][0]


def test_calibration_counts_in_production_too():
    candidate = changed_by(0.1) | {"transfer": {"accuracy": 0.9, "ece": 0.3}}
    assert "calibration error" in decide(candidate, drift(), **LIMITS)["reasons"][0]


def test_a_blind_drift_test_is_a_reason():
    assert "missed the planted shift 'shifted'" in decide(metrics(), drift(shifted=False), **LIMITS)["reasons"][0]


def test_a_rejection_is_written_too(tmp_path):
    inputs = {"metrics": tmp_path / "metrics.json", "drift": tmp_path / "drift.json"}
    inputs["metrics"].write_text(json.dumps(metrics(accuracy=0.1)))
    inputs["drift"].write_text(json.dumps(drift()))
    run(inputs, {"decision": tmp_path / "decision.json"}, LIMITS)
    assert json.loads((tmp_path / "decision.json").read_text())["accepted"] is False
