import numpy as np
import pandas as pd
import torch
from apply import Encoder, load
from model import augment, contrastive_loss
from run import run, train

SETTINGS = {"dim": 8, "epochs": 1, "batch_size": 8, "learning_rate": 0.001, "temperature": 1.0, "seed": 0}


def images(count=16):
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def write_images(path):
    table = pd.DataFrame(images().view(16, 64).numpy(), columns=[f"p{i:02d}" for i in range(64)])
    table.insert(0, "id", [f"{path.stem}-{i}" for i in range(16)])
    table.to_parquet(path, index=False)
    return path


def test_two_runs_give_equal_weights():
    one, two = train(images(), **SETTINGS), train(images(), **SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_training_moves_the_weights_and_no_epochs_leave_them():
    start = train(images(), **{**SETTINGS, "epochs": 0})
    torch.manual_seed(0)
    assert torch.equal(start.linear.weight, Encoder(8).linear.weight)
    assert not torch.equal(start.linear.weight, train(images(), **SETTINGS).linear.weight)


def test_the_loss_is_lower_for_true_pairs():
    views = torch.eye(8)
    assert contrastive_loss(views, views, 0.5) < contrastive_loss(views, views.roll(1, 0), 0.5)


def test_augmented_images_keep_their_shape():
    assert augment(images(), torch.Generator().manual_seed(0)).shape == (16, 1, 8, 8)


def test_every_split_is_embedded(tmp_path):
    inputs = {
        name: write_images(tmp_path / f"{name}.parquet") for name in ["unlabelled", "support", "calibration", "test"]
    }
    outputs = {"encoder": tmp_path / "encoder.safetensors", "embeddings": tmp_path / "embeddings.parquet"}
    run(inputs, outputs, SETTINGS)
    table = pd.read_parquet(outputs["embeddings"])
    assert table["split"].value_counts().to_dict() == dict.fromkeys(inputs, 16)
    assert list(table.columns) == ["id", "split", *[f"e{i:03d}" for i in range(8)]]
    pixels = pd.read_parquet(inputs["test"]).filter(like="p").to_numpy("float32")
    again = load(outputs["encoder"])(pixels)
    assert np.array_equal(again, table.query("split == 'test'").filter(like="e0").to_numpy())
