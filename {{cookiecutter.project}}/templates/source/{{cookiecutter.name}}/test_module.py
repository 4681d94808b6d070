import pandas as pd
from run import random_numbers, run


def test_the_same_seed_gives_the_same_numbers():
    assert random_numbers(rows=5, seed=1).equals(random_numbers(rows=5, seed=1))
    assert not random_numbers(rows=5, seed=1).equals(random_numbers(rows=5, seed=2))


def test_as_many_rows_are_written_as_are_asked_for(tmp_path):
    outputs = {"{{ cookiecutter.output }}": tmp_path / "made.parquet"}
    run({}, outputs, {"rows": 7, "seed": 0})
    assert len(pd.read_parquet(tmp_path / "made.parquet")) == 7
