import numpy as np
import pandas as pd
from apply import load
from run import run
from safetensors.numpy import load_file


def test_embeddings_come_out_as_they_went_in(tmp_path):
    table = pd.DataFrame({"id": ["a", "b"], "split": "test", "e000": [1.0, 2.0], "e001": [3.0, 4.0]})
    table.to_parquet(tmp_path / "embeddings.parquet", index=False)
    outputs = {"aligned": tmp_path / "aligned.parquet", "adapter": tmp_path / "adapter.safetensors"}
    run({"embeddings": tmp_path / "embeddings.parquet"}, outputs, {})
    pd.testing.assert_frame_equal(pd.read_parquet(outputs["aligned"]), table)
    assert load_file(outputs["adapter"])["projection"].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    values = np.array([[5.0, 6.0]], dtype="float32")
    assert np.array_equal(load(outputs["adapter"])(values), values)
