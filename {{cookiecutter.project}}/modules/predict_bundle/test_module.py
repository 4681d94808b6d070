import pandas as pd
import torch
from run import run

HUBCONF = """\
import torch

dependencies = ["torch"]


def model():
    return lambda images: torch.stack([images[:, 0], 1 - images[:, 0]], dim=1).double()
"""


def images(path):
    table = pd.DataFrame(torch.rand(6, 64).numpy(), columns=[f"p{i:02d}" for i in range(64)])
    table.insert(0, "id", [f"i{n}" for n in range(6)])
    table.to_parquet(path, index=False)
    return path


def test_every_image_is_predicted_by_the_model_in_the_folder(tmp_path):
    (tmp_path / "hubconf.py").write_text(HUBCONF)
    run({"production": tmp_path, "test": images(tmp_path / "test.parquet")}, {"served": tmp_path / "out.parquet"}, {})
    pixels, served = pd.read_parquet(tmp_path / "test.parquet"), pd.read_parquet(tmp_path / "out.parquet")
    assert served["id"].tolist() == pixels["id"].tolist()
    assert served["prob_0"].to_numpy().tolist() == pixels["p00"].astype("float64").to_numpy().tolist()


def test_without_a_model_nothing_is_predicted(tmp_path):
    run({"production": tmp_path, "test": images(tmp_path / "test.parquet")}, {"served": tmp_path / "out.parquet"}, {})
    assert pd.read_parquet(tmp_path / "out.parquet").empty
