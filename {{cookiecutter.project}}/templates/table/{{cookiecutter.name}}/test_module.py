import pandas as pd
from run import run, some_rows

TABLE = pd.DataFrame({"id": [f"r{number}" for number in range(10)], "value": range(10)})


def test_half_of_the_rows_stay_in_their_order():
    half = some_rows(TABLE, share=0.5, seed=0)
    assert len(half) == 5
    assert half["value"].is_monotonic_increasing


def test_every_row_can_be_kept(tmp_path):
    TABLE.to_parquet(tmp_path / "in.parquet", index=False)
    inputs = {"{{ cookiecutter.input }}": tmp_path / "in.parquet"}
    outputs = {"{{ cookiecutter.output }}": tmp_path / "out.parquet"}
    run(inputs, outputs, {"share": 1.0, "seed": 0})
    assert pd.read_parquet(tmp_path / "out.parquet").equals(TABLE)
