import numpy as np
import pandas as pd
from apply import load
from run import run, whitening


def correlated(count=4000):
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, 3)) @ np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 0.1]]) + 5


def test_without_shrinkage_the_covariance_is_the_identity():
    mean, projection = whitening(correlated(), shrinkage=0.0)
    assert np.allclose(np.cov((correlated() - mean) @ projection, rowvar=False), np.eye(3), atol=1e-3)


def test_with_full_shrinkage_features_are_standardised_one_by_one():
    mean, projection = whitening(correlated(), shrinkage=1.0)
    assert np.allclose(projection, np.diag(np.diag(projection)), atol=1e-6)
    assert np.allclose(((correlated() - mean) @ projection).std(axis=0), 1, atol=0.05)


def test_a_constant_feature_stays_finite():
    values = np.column_stack([correlated(), np.ones(4000)])
    assert np.isfinite(whitening(values, shrinkage=0.5)[1]).all()


def test_statistics_come_from_the_unlabelled_rows_alone(tmp_path):
    table = pd.DataFrame(correlated(100).astype("float32"), columns=["e000", "e001", "e002"])
    table.insert(0, "split", ["unlabelled"] * 50 + ["test"] * 50)
    table.insert(0, "id", range(100))
    table.to_parquet(tmp_path / "embeddings.parquet")
    outputs = {"aligned": tmp_path / "aligned.parquet", "adapter": tmp_path / "adapter.safetensors"}
    run({"embeddings": tmp_path / "embeddings.parquet"}, outputs, {"shrinkage": 1.0})
    aligned = pd.read_parquet(outputs["aligned"])
    assert np.allclose(aligned.query("split == 'unlabelled'")[["e000", "e001", "e002"]].mean(), 0, atol=1e-5)
    again = load(outputs["adapter"])(table[["e000", "e001", "e002"]].to_numpy())
    assert np.array_equal(again, aligned[["e000", "e001", "e002"]])
