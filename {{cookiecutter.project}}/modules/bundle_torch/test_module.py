import json

import numpy as np
import pandas as pd
import pytest
import torch
from run import run
from safetensors.numpy import save_file

LINEAR = """\
from safetensors.numpy import load_file


def load(weights):
    matrix = load_file(weights)["matrix"]
    return lambda values: values @ matrix
"""
SOFTMAX = """\
import numpy as np


def load(weights):
    return lambda values: np.exp(values.astype("float64")) / np.exp(values.astype("float64")).sum(1, keepdims=True)
"""
QUALITY = {"transfer": {"accuracy": 0.9, "f1_macro": 0.8, "ece": 0.1}}


@pytest.fixture
def inputs(tmp_path):
    rng = np.random.default_rng(0)
    matrices = {"encoder": rng.normal(size=(64, 4)), "adapter": rng.normal(size=(4, 3)), "head": np.eye(3)}
    found = {}
    for part, matrix in matrices.items():
        found[part] = tmp_path / f"{part}.safetensors"
        save_file({"matrix": np.ascontiguousarray(matrix, "float32")}, found[part])
        found[f"{part}_code"] = tmp_path / f"{part}.py"
        found[f"{part}_code"].write_text(SOFTMAX if part == "head" else LINEAR)
    pixels = rng.random((20, 64), dtype="float32")
    images = pd.DataFrame(pixels, columns=[f"p{i:02d}" for i in range(64)])
    images.insert(0, "id", [f"i{n}" for n in range(20)])
    logits = pixels @ matrices["encoder"].astype("float32") @ matrices["adapter"].astype("float32")
    values = np.exp(logits.astype("float64")) / np.exp(logits.astype("float64")).sum(1, keepdims=True)
    predictions = pd.DataFrame(values, columns=[f"prob_{k}" for k in range(3)])
    predictions.insert(0, "id", images["id"])
    found |= {"test": tmp_path / "test.parquet", "predictions": tmp_path / "predictions.parquet"}
    images.to_parquet(found["test"])
    predictions.sample(frac=1, random_state=0).to_parquet(found["predictions"])
    found["metrics"] = tmp_path / "metrics.json"
    found["metrics"].write_text(json.dumps(QUALITY))
    return found


def loaded(folder):
    return torch.hub.load(str(folder), "model", source="local", verbose=False)


def test_the_bundle_predicts_what_the_parts_do(inputs, tmp_path):
    run(inputs, {"model": tmp_path / "model"}, {"tolerance": 1e-5})
    images = torch.rand(5, 1, 8, 8)
    probabilities = loaded(tmp_path / "model")(images)
    assert probabilities.shape == (5, 3)
    assert torch.allclose(probabilities.sum(1), torch.ones(5, dtype=torch.float64))
    assert "0.900" in (tmp_path / "model/README.md").read_text()


def test_a_bundle_that_predicts_otherwise_is_no_bundle(inputs, tmp_path):
    table = pd.read_parquet(inputs["predictions"])
    table.loc[0, ["prob_0", "prob_1", "prob_2"]] = [1.0, 0.0, 0.0]
    table.loc[1, ["prob_0", "prob_1", "prob_2"]] = [0.0, 0.0, 1.0]
    table.to_parquet(inputs["predictions"])
    with pytest.raises(ValueError, match="the bundle predicts another class for"):
        run(inputs, {"model": tmp_path / "model"}, {"tolerance": 1e-5})


@pytest.mark.parametrize(
    ("images", "said"), [(torch.rand(2, 63), "has 63 values"), (torch.full((2, 64), 7.0), "between 0 and 1")]
)
def test_other_images_are_refused(images, said, inputs, tmp_path):
    run(inputs, {"model": tmp_path / "model"}, {"tolerance": 1e-5})
    with pytest.raises(ValueError, match=said):
        loaded(tmp_path / "model")(images)


def test_equal_inputs_give_equal_bytes(inputs, tmp_path):
    for name in ("one", "two"):
        run(inputs, {"model": tmp_path / name}, {"tolerance": 1e-5})
    files = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert all(
        path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes() for path in files
    )
