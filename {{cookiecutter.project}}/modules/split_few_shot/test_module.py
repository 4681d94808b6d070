import pandas as pd
import pytest
from run import split


def images(count=60):
    return pd.DataFrame({"id": [f"{i:03d}" for i in range(count)], "label": [i % 3 for i in range(count)], "p00": 0.5})


def test_the_parts_are_disjoint_and_complete():
    parts = split(images(), shots=2, calibration=10, test=15, seed=0)
    ids = [i for part in parts.values() for i in part["id"]]
    assert sorted(ids) == list(images()["id"])


def test_every_class_gets_its_shots_and_the_pool_no_labels():
    parts = split(images(), shots=2, calibration=10, test=15, seed=0)
    assert parts["support"]["label"].value_counts().to_dict() == {0: 2, 1: 2, 2: 2}
    assert "label" not in parts["unlabelled"]


def test_the_order_of_the_rows_does_not_matter():
    one = split(images(), shots=2, calibration=10, test=15, seed=1)
    two = split(images().iloc[::-1], shots=2, calibration=10, test=15, seed=1)
    assert list(one["test"]["id"]) == list(two["test"]["id"])


def test_too_few_images_of_a_class_is_an_error():
    with pytest.raises(ValueError, match="fewer than 50"):
        split(images(), shots=50, calibration=10, test=15, seed=0)
