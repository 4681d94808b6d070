"""Decide whether a trained model may be used, and say why not."""

import json
from pathlib import Path
from typing import Any


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    metrics, drift = (json.loads(inputs[name].read_text()) for name in ("metrics", "drift"))
    decision = decide(metrics, drift, **params)
    outputs["decision"].write_text(json.dumps(decision, indent=2) + "\n")
    print("accepted" if decision["accepted"] else "rejected: " + "; ".join(decision["reasons"]))


def decide(
    metrics: dict[str, Any],
    drift: dict[str, Any],
    min_accuracy: float,
    min_gain: float,
    max_ece: float,
    max_loss: float,
) -> dict[str, Any]:
    """Whether every requirement holds, and a sentence for each that does not."""
    ece = metrics["transfer"]["ece"]
    if "change" in metrics:
        requirements = [not_worse(metrics["change"], max_loss)]
    else:
        requirements = good_enough(metrics, min_accuracy, min_gain)
    requirements += [
        (ece <= max_ece, f"the calibration error {ece:.3f} is above {max_ece}"),
        (not drift["control"]["drifted"], "the test images drifted from the unlabelled ones"),
        *(
            (drift[name]["drifted"], f"the drift test missed the planted shift '{name}'")
            for name in ("shifted", "subpopulation")
        ),
    ]
    reasons = [reason for holds, reason in requirements if not holds]
    return {"accepted": not reasons, "reasons": reasons}


def not_worse(change: dict[str, float], max_loss: float) -> tuple[bool, str]:
    """Non-inferiority: even the low end of the interval loses no more than max_loss against production."""
    return (
        change["low"] >= -max_loss,
        f"against the model in production accuracy changes by {change['accuracy']:+.3f},"
        f" 95 % interval {change['low']:+.3f} to {change['high']:+.3f}: it may lose more than {max_loss}",
    )


def good_enough(metrics: dict[str, Any], min_accuracy: float, min_gain: float) -> list[tuple[bool, str]]:
    """What is asked while nothing is in production."""
    accuracy, gain = metrics["transfer"]["accuracy"], metrics["gain"]
    return [
        (accuracy >= min_accuracy, f"accuracy {accuracy:.3f} is below {min_accuracy}"),
        (
            gain["low"] >= min_gain,
            f"the gain over training from scratch is {gain['accuracy']:.3f},"
            f" 95 % interval {gain['low']:.3f} to {gain['high']:.3f}: it may be below {min_gain}",
        ),
    ]
