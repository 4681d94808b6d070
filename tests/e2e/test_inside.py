"""What modules use goes on working inside the sandbox: threads, worker processes, shared memory, compilers."""

import shutil
from pathlib import Path
from textwrap import indent

import pytest
from e2e_project import Baked

CONTRACT = """\
family: probe
version: 1.0.0
python: "3.11"
inputs: {digits: digits_csv}
outputs: {done: anything}
params: {}
resources: {device: any, cpus: 2}
"""
STAGE = """\
stages:
  probe:
    cmd: kit run probe
    deps: [modules/probe, data/raw/digits.csv]
    outs: [artifacts/probe/done.json, artifacts/probe/run.json]
"""

SPAWN = """\
import multiprocessing
for method in ("fork", "spawn", "forkserver"):
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(work.square, range(10)) == [n * n for n in range(10)], method
with multiprocessing.Manager() as manager:
    shared = manager.dict(a=1)
    assert shared["a"] == 1
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=64)
block.buf[0] = 7
again = shared_memory.SharedMemory(name=block.name)
assert again.buf[0] == 7
again.close(); block.close(); block.unlink()
import concurrent.futures
with concurrent.futures.ProcessPoolExecutor(2) as pool:
    assert list(pool.map(work.square, [3])) == [9]
"""
INSIDE = {
    "multiprocessing": ("gate_thresholds", SPAWN),
    "pandas": (
        "adapter_whiten",
        "import pandas\ntable = pandas.read_csv(inputs['digits'], header=None)\n"
        "table.columns = [str(name) for name in table.columns]\n"
        "table.to_parquet('t.parquet'); assert pandas.read_parquet('t.parquet').equals(table)\n"
        "table.to_csv('t.csv.gz'); assert len(pandas.read_csv('t.csv.gz', engine='pyarrow')) == len(table)\n",
    ),
    "scikit-learn with n_jobs": (
        "head_linear",
        "import numpy\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import cross_val_score\nfrom sklearn.datasets import load_iris\n"
        "from joblib import Parallel, delayed\n"
        "x, y = load_iris(return_X_y=True)\n"
        "assert cross_val_score(LogisticRegression(max_iter=500), x, y, n_jobs=2).mean() > 0.9\n"
        "big = numpy.ones(2_000_000)\n"  # large enough that joblib hands it on through a memory map
        "assert Parallel(n_jobs=2)(delayed(numpy.sum)(big) for _ in range(3)) == [2_000_000.0] * 3\n",
    ),
    "torch threads and data loaders": (
        "encoder_conv",
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "assert torch.get_num_threads() == 2\n"
        "(torch.randn(1500, 1500) @ torch.randn(1500, 1500)).sum()\n"
        "data = TensorDataset(torch.arange(100.0))\n"
        "for context in ('fork', 'spawn'):\n"
        "    loader = DataLoader(data, 10, num_workers=2, multiprocessing_context=context)\n"
        "    assert sum(batch[0].sum() for batch in loader) == 4950\n"
        "torch.save({'a': torch.ones(2)}, 'x.pt'); assert torch.load('x.pt')['a'].sum() == 2\n"
        "from safetensors.torch import load_file, save_file\n"
        "save_file({'a': torch.ones(2)}, 'x.safetensors'); assert load_file('x.safetensors')['a'].sum() == 2\n",
    ),
    "torch.multiprocessing": (
        "encoder_conv",
        "import torch\nimport torch.multiprocessing as mp\n"
        "tensor = torch.zeros(3).share_memory_()\n"
        "mp.spawn(work.fill, args=(tensor,), nprocs=2)\nassert tensor.sum() == 3\n",
    ),
}


@pytest.mark.parametrize(("lock", "code"), INSIDE.values(), ids=INSIDE)
def test_it_works_inside(lock: str, code: str, project: Baked) -> None:
    module = project.root / "modules/probe"
    module.mkdir()
    shutil.copy(project.root / f"modules/{lock}/requirements.txt", module)
    (module / "module.yaml").write_text(CONTRACT)
    (module / "work.py").write_text(
        "def square(n):\n    return n * n\n\n\ndef fill(rank, tensor):\n    if rank == 0:\n        tensor.fill_(1)\n"
    )
    body = f"{code}\noutputs['done'].write_text('1')\n"
    (module / "run.py").write_text("import work\n\n\ndef run(inputs, outputs, params):\n" + indent(body, "    "))
    (project.root / "contracts/anything.yaml").write_text("kind: json\nschema: {}\n")
    (project.root / "dvc.yaml").write_text(STAGE)
    project.run("kit", "run", "probe", KIT_ISOLATION="require")
    assert project.json("artifacts/probe/run.json")["isolation"] == "landlock"
    assert not list(Path("/dev/shm").glob("torch_*"))
