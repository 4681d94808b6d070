import numpy as np
import pandas as pd
from apply import load, logits_of, softmax
from run import run
from safetensors.numpy import save_file


def test_only_the_chosen_split_is_predicted(tmp_path):
    table = pd.DataFrame({"id": ["a", "b", "c"], "split": ["test", "support", "test"]})
    table[["e000", "e001"]] = np.array([[4.0, 0.0], [9.0, 9.0], [0.0, 4.0]], dtype="float32")
    table.to_parquet(tmp_path / "aligned.parquet")
    head = {"0.weight": np.eye(2), "0.bias": np.zeros(2), "temperature": np.array([2.0])}
    save_file({name: value.astype("float32") for name, value in head.items()}, tmp_path / "head.safetensors")
    inputs = {"aligned": tmp_path / "aligned.parquet", "head": tmp_path / "head.safetensors"}
    run(inputs, {"predictions": tmp_path / "predictions.parquet"}, {"split": "test"})
    predictions = pd.read_parquet(tmp_path / "predictions.parquet")
    assert predictions["id"].tolist() == ["a", "c"]
    assert np.allclose(predictions[["score_0", "score_1"]], softmax(np.array([[4.0, 0.0], [0.0, 4.0]])))
    assert np.allclose(predictions[["prob_0", "prob_1"]], softmax(np.array([[2.0, 0.0], [0.0, 2.0]])))
    embeddings = table.query("split == 'test'")[["e000", "e001"]].to_numpy()
    assert np.array_equal(load(inputs["head"])(embeddings), predictions[["prob_0", "prob_1"]].to_numpy())


def test_a_hidden_layer_is_rectified():
    head = {"0.weight": np.array([[1.0], [-1.0]]), "0.bias": np.zeros(2), "2.weight": np.eye(2), "2.bias": np.ones(2)}
    assert logits_of(head, np.array([[3.0]])).tolist() == [[4.0, 1.0]]


def test_layers_are_in_the_order_of_their_numbers():
    head = {f"{n}.weight": np.array([[2.0]]) for n in (10, 9)} | {"9.bias": np.array([1.0]), "10.bias": np.array([0.0])}
    assert logits_of(head, np.array([[1.0]])).tolist() == [[6.0]]


def test_probabilities_sum_to_one():
    assert np.allclose(softmax(np.array([[1000.0, 0.0], [0.0, 0.0]])).sum(axis=1), 1)
