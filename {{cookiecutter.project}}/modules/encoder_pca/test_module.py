import numpy as np
import pandas as pd
from apply import load
from run import SPLITS, fit, run


def write_images(path, count=80):
    rng = np.random.default_rng(len(path.stem))
    table = pd.DataFrame(rng.random((count, 64), dtype="float32"), columns=[f"p{i:02d}" for i in range(64)])
    table.insert(0, "id", [f"{path.stem}-{i}" for i in range(count)])
    table.to_parquet(path, index=False)
    return path


def test_components_are_orthonormal():
    images = np.random.default_rng(0).random((100, 64), dtype="float32")
    _, components = fit(images, 5)
    assert np.allclose(components @ components.T, np.eye(5), atol=1e-5)


def test_all_components_keep_every_distance(tmp_path):
    inputs = {name: write_images(tmp_path / f"{name}.parquet") for name in SPLITS}
    outputs = {"encoder": tmp_path / "encoder.safetensors", "embeddings": tmp_path / "embeddings.parquet"}
    run(inputs, outputs, {"dim": 64})
    embedded = pd.read_parquet(outputs["embeddings"]).query("split == 'test'").filter(like="e0").to_numpy()
    original = pd.read_parquet(inputs["test"]).filter(regex=r"^p\d\d$").to_numpy()
    assert np.array_equal(load(outputs["encoder"])(original), embedded)
    distance = np.linalg.norm(original[0] - original[1])
    assert np.isclose(np.linalg.norm(embedded[0] - embedded[1]), distance, rtol=1e-4)
