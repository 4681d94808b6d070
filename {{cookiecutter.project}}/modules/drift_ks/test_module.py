import numpy as np
import pytest
from run import drift, shifted, subpopulation


def sample(seed, count=500):
    return np.random.default_rng(seed).normal(size=(count, 4))


def test_two_samples_of_one_distribution_do_not_drift():
    assert not drift(sample(0), sample(1), alpha=0.01)["drifted"]


def test_false_alarms_stay_below_the_level():
    alarms = [drift(sample(2 * seed, 200), sample(2 * seed + 1, 200), alpha=0.05)["drifted"] for seed in range(100)]
    assert sum(alarms) <= 12


@pytest.mark.parametrize("plant", [lambda x: shifted(x, sample(0), 0.5), subpopulation])
def test_planted_shifts_are_flagged(plant):
    assert drift(sample(0), plant(sample(1)), alpha=0.01)["drifted"]


def test_constant_features_are_counted_and_ignored():
    constant = np.ones((50, 4))
    result = drift(constant, constant, alpha=0.01)
    assert (result["drifted"], result["constant_features"]) == (False, 4)
