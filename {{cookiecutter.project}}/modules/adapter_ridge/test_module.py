import numpy as np
import pandas as pd
import pytest
from apply import load
from run import paired, ridge, run


def table(values, split="unlabelled", first=0):
    columns = {f"e{k:03d}": values[:, k].astype("float32") for k in range(values.shape[1])}
    return pd.DataFrame({"id": [str(first + i) for i in range(len(values))], "split": split, **columns})


def test_a_rotated_and_shifted_space_is_found_again(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(500, 4))
    rotation = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    table(values).to_parquet(tmp_path / "embeddings.parquet")
    table(values @ rotation + 3).sample(frac=1, random_state=0).to_parquet(tmp_path / "reference.parquet")
    names = {"embeddings": "embeddings.parquet", "reference": "reference.parquet"}
    outputs = {"aligned": tmp_path / "aligned.parquet", "adapter": tmp_path / "adapter.safetensors"}
    run({port: tmp_path / name for port, name in names.items()}, outputs, {"alpha": 1e-6})
    aligned = pd.read_parquet(outputs["aligned"])
    assert aligned["id"].tolist() == [str(i) for i in range(500)]
    assert np.allclose(aligned.filter(like="e0"), values @ rotation + 3, atol=1e-3)
    again = load(outputs["adapter"])(table(values).filter(like="e0").to_numpy("float32"))
    assert np.array_equal(again, aligned.filter(like="e0"))


def test_spaces_of_different_size_can_be_mapped():
    rng = np.random.default_rng(0)
    mean, projection, offset = ridge(rng.normal(size=(50, 3)), rng.normal(size=(50, 5)), alpha=0.1)
    assert (mean.shape, projection.shape, offset.shape) == ((3,), (3, 5), (5,))


def test_only_unlabelled_images_that_both_hold_are_used():
    values = np.arange(6.0).reshape(3, 2)
    mine = pd.concat([table(values), table(values, split="test", first=10)])
    one, two = paired(mine, table(values, first=1))
    assert one.tolist() == values[1:].tolist()
    assert two.tolist() == values[:2].tolist()


def test_nothing_in_common_is_an_error():
    with pytest.raises(ValueError, match="share no unlabelled image"):
        paired(table(np.zeros((2, 2))), table(np.zeros((2, 2)), first=5))
