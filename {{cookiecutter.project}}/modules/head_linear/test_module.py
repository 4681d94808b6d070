import numpy as np
import pandas as pd
import pytest
from calibration import best_temperature, softmax
from run import run
from safetensors.numpy import load_file
from tables import labelled


def write_inputs(folder, per_class=12):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), per_class)
    values = np.eye(10, 12)[labels] * 4 + rng.normal(size=(len(labels), 12))
    table = pd.DataFrame(values.astype("float32"), columns=[f"e{i:03d}" for i in range(12)])
    table.insert(0, "id", [str(i) for i in range(len(labels))])
    table.insert(1, "split", [["support", "calibration", "test"][i % 3] for i in range(len(labels))])
    table.to_parquet(folder / "aligned.parquet")
    truth = pd.DataFrame({"id": table["id"], "label": labels})
    for split in ["support", "calibration"]:
        truth[table["split"] == split].to_parquet(folder / f"{split}.parquet")
    return truth, {name: folder / f"{name}.parquet" for name in ["aligned", "support", "calibration"]}


def test_separable_classes_are_learned(tmp_path):
    truth, inputs = write_inputs(tmp_path)
    run(inputs, {"head": tmp_path / "head.safetensors"}, {"C": 1.0, "max_iter": 1000})
    head = load_file(tmp_path / "head.safetensors")
    values = pd.read_parquet(inputs["aligned"]).filter(like="e0").to_numpy()
    logits = values @ head["0.weight"].T + head["0.bias"]
    assert (logits.argmax(axis=1) == truth["label"]).mean() > 0.9
    assert head["temperature"].shape == (1,)


def test_overconfident_logits_get_a_temperature_above_one():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 500)
    logits = 10 * (np.eye(3)[labels] + rng.normal(scale=0.8, size=(500, 3)))
    assert best_temperature(logits, labels) > 1


def test_probabilities_sum_to_one():
    assert np.allclose(softmax(np.array([[1000.0, 0.0], [0.0, 0.0]])).sum(axis=1), 1)


def test_a_labelled_image_without_embedding_is_an_error():
    with pytest.raises(ValueError, match="1 labelled images have no embedding"):
        labelled(pd.DataFrame({"id": ["a"], "e000": [0.0]}), pd.DataFrame({"id": ["a", "b"], "label": [0, 1]}))
