"""A project of one stage, small enough to read at a glance."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace
from outputs import OUTPUTS

from kit.cli import main
from kit.environments.locking import write_lock

FILES = {
    "dvc.yaml": """\
stages:
  double:
    cmd: kit run double
    deps: [modules/doubler, data/numbers.csv]
    params: [doubler]
    outs: [artifacts/double/doubled.csv, artifacts/double/run.json]
""",
    "params.yaml": "doubler: {factor: 2}\n",
    "data/numbers.csv": "x\n1\n2\n",
    "contracts/numbers.yaml": """\
kind: table
schema:
  strict: true
  columns:
    x:
      dtype: int64
      in_range: {min_value: 0, max_value: 100}
""",
    "modules/doubler/module.yaml": """\
family: doubler
version: 1.0.0
python: "3.11"
inputs: {numbers: numbers}
outputs: {doubled: numbers}
params:
  factor: {type: integer, minimum: 1, maximum: 1000}
resources: {device: cpu, cpus: 1}
""",
    "modules/doubler/run.py": """\
def run(inputs, outputs, params):
    header, *rows = inputs["numbers"].read_text().split()
    doubled = [str(int(row) * params["factor"]) for row in rows]
    outputs["doubled"].write_text("\\n".join([header, *doubled]) + "\\n")
""",
    "modules/doubler/test_module.py": "def test_two_is_two():\n    assert 1 + 1 == 2\n",
    "modules/doubler/README.md": """\
---
summary: Multiplies.
owner: tester@example.com
license: MIT
stability: stable
provenance: Arithmetic.
assumptions: [Numbers are whole.]
expected: [Numbers grow.]
failure_modes: [Numbers grow too large.]
---

# doubler
""",
    ".dvcignore": "/modules/*/README.md\n/modules/*/test_*.py\n__pycache__/\n",
    "modules/doubler/requirements.in": "",
}
OUT = "artifacts/double/doubled.csv"


@pytest.fixture(scope="session")
def empty_lock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    (folder / "requirements.in").touch()
    write_lock(folder, "3.11")
    return folder / "requirements.txt"


@pytest.fixture
def project(tmp_path: Path, empty_lock: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's root, which is also the working directory."""
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    shutil.copy(empty_lock, root / "modules/doubler/requirements.txt")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def kit(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call the command line; returns exit code, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def good(project: Path, kit: Callable[..., tuple[int, str, str]]) -> Path:
    """A stage of three outputs that ran well with factor 2; with factor 3 it would run well again."""
    replace("dvc.yaml", "artifacts/double/doubled.csv", ", ".join(f"artifacts/double/{name}" for name in OUTPUTS))
    replace("modules/doubler/module.yaml", "doubled: numbers", "doubled: numbers, second: numbers, third: numbers")
    with open("modules/doubler/run.py", "a") as file:
        file.write("    for port in ('second', 'third'):\n")
        file.write("        outputs[port].write_text(outputs['doubled'].read_text())\n")
    assert kit("run", "double")[0] == 0
    replace("params.yaml", "2", "3")
    return project
