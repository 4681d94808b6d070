import numpy as np
import pandas as pd
import torch
from run import run, train
from safetensors.numpy import load_file

SETTINGS = {"hidden": 64, "steps": 100, "learning_rate": 0.01, "weight_decay": 0.01, "seed": 0}


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
    run(inputs, {"head": tmp_path / "head.safetensors"}, SETTINGS)
    head = load_file(tmp_path / "head.safetensors")
    values = pd.read_parquet(inputs["aligned"]).filter(like="e0").to_numpy()
    hidden = np.maximum(values @ head["0.weight"].T + head["0.bias"], 0)
    logits = hidden @ head["2.weight"].T + head["2.bias"]
    assert (logits.argmax(axis=1) == truth["label"]).mean() > 0.9
    assert head["temperature"].shape == (1,)


def test_two_runs_give_equal_weights():
    values, labels = np.eye(4, dtype="float32"), np.arange(4)
    one, two = train(values, labels, **SETTINGS), train(values, labels, **SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
