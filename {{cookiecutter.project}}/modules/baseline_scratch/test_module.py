import numpy as np
import pandas as pd
import torch
from run import run, train

SETTINGS = {"dim": 8, "steps": 30, "learning_rate": 0.01, "weight_decay": 0.0, "seed": 0}


def write_images(path, count=20):
    """Bright left halves are class 0, bright right halves class 1."""
    labels = np.arange(count) % 2
    pixels = np.zeros((count, 8, 8), dtype="float32")
    pixels[labels == 0, :, :4] = 1
    pixels[labels == 1, :, 4:] = 1
    table = pd.DataFrame(pixels.reshape(count, 64), columns=[f"p{i:02d}" for i in range(64)])
    table.insert(0, "label", labels)
    table.insert(0, "id", [f"{path.stem}-{i}" for i in range(count)])
    table.to_parquet(path, index=False)
    return path


def test_two_classes_are_learned(tmp_path):
    inputs = {name: write_images(tmp_path / f"{name}.parquet") for name in ["support", "calibration", "test"]}
    outputs = {"network": tmp_path / "network.safetensors", "predictions": tmp_path / "predictions.parquet"}
    run(inputs, outputs, SETTINGS)
    predictions = pd.read_parquet(outputs["predictions"])
    assert list(predictions[["prob_0", "prob_1"]].to_numpy().argmax(axis=1)) == [0, 1] * 10


def test_two_runs_give_equal_weights():
    images, labels = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(4)
    one, two = train(images, labels, **SETTINGS), train(images, labels, **SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
