"""kit replay: a stage runs again elsewhere, and the results are compared."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import module_does, replace
from lab import IDENTITY
from places import SOURCE

Kit = Callable[..., tuple[int, str, str]]
OUT = "artifacts/double/doubled.csv"
TABLE = "kind: table\nschema:\n  strict: true\n  columns:\n    x: {dtype: float64}\n"


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """Run git or dvc, with a `kit` on the path that is this source's."""
    shim = tmp_path_factory.mktemp("bin") / "kit"
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m kit "$@"\n')
    shim.chmod(0o755)
    path = f"{shim.parent}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **IDENTITY, "PATH": path, "PYTHONPATH": str(SOURCE / "kit/src")}

    def run(*command: str) -> None:
        subprocess.run(command, env=environment, check=True, capture_output=True)

    return run


@pytest.fixture
def repro(project: Path, tool: Callable[..., None], cache: dict[str, Path], tmp_path: Path) -> Callable[[], None]:
    """Run the small project with DVC itself, and commit; the first run is made once and copied."""

    def commit() -> None:
        tool("dvc", "repro", "--quiet")
        tool("git", "add", "--all")
        tool("git", "commit", "--quiet", "--message", "Run")

    if "project" not in cache:
        tool("git", "init", "--quiet", "--initial-branch", "main")
        tool("dvc", "init", "--quiet")
        (project / ".gitignore").write_text(".kit/\n")
        tool("dvc", "add", "--quiet", "data/numbers.csv")
        commit()
        cache["project"] = tmp_path.with_name("first") / "project"
        shutil.copytree(project, cache["project"], symlinks=True)
    else:
        shutil.copytree(cache["project"], project, symlinks=True, dirs_exist_ok=True)
    return commit


@pytest.fixture(scope="module")
def cache() -> dict[str, Path]:
    return {}


def random_last_bits(size: str) -> None:
    """The module declares to be deterministic, and is not."""
    replace("contracts/numbers.yaml", Path("contracts/numbers.yaml").read_text(), TABLE)
    replace("data/numbers.csv", "1\n2", "1.5\n2.5")
    subprocess.run(["dvc", "add", "--quiet", "data/numbers.csv"], check=True, capture_output=True)
    replace("modules/doubler/run.py", 'str(int(row) * params["factor"])', f"str(float(row) * 2 + random() * {size})")
    replace("modules/doubler/run.py", "def run", "from random import random\n\n\ndef run")


def state(project: Path) -> dict[str, bytes]:
    files = [path for path in project.rglob("*") if path.is_file() and ".git/" not in str(path)]
    return {str(path): path.read_bytes() for path in files if "/.dvc/tmp/" not in str(path)}


def test_a_deterministic_stage_gives_the_same_bytes(repro: Callable[[], None], project: Path, kit: Kit) -> None:
    before = state(project)
    code, out, _ = kit("replay", "double")
    assert code == 0
    assert out.startswith(f"double: identical bytes\n  {OUT}: identical bytes\n\n")
    rows = {line.split("  ")[0]: line for line in out.splitlines()}
    assert rows["threads"].split() == ["threads", "1", "1"]
    assert "now" in out
    assert state(project) == before
    assert not list(Path(os.environ["TMPDIR"]).glob("kit-replay-*"))


def test_a_file_at_an_older_revision(repro: Callable[[], None], kit: Kit) -> None:
    replace("params.yaml", "2", "3")
    repro()
    Path(OUT).unlink()
    code, out, _ = kit("replay", OUT, "--rev", "HEAD~1", "--format", "json")
    assert code == 0
    answer = json.loads(out)
    assert (answer["level"], answer["now"]["params"]) == ("identical bytes", {"factor": 2})


def test_noise_in_the_last_bits_is_within_tolerance(repro: Callable[[], None], kit: Kit) -> None:
    random_last_bits("1e-9")
    repro()
    code, out, _ = kit("replay", "double")
    assert code == 0
    assert out.startswith("double: within tolerance\n")
    assert "  nondeterminism: same inputs, code, params, environment and hardware" in out


def test_noise_is_different(repro: Callable[[], None], kit: Kit) -> None:
    random_last_bits("1")
    repro()
    code, out, _ = kit("replay", "double")
    assert code == 1
    assert out.startswith(f"double: different\n  {OUT}: different (x: differs by up to ")


def test_what_is_not_committed_is_replayed_as_it_lies(repro: Callable[[], None], kit: Kit) -> None:
    replace("params.yaml", "2", "3")
    subprocess.run(["dvc", "commit", "--force", "--quiet"], check=True, capture_output=True)
    code, out, _ = kit("replay", "double")
    assert (code, out.splitlines()[0]) == (1, "double: different")


def test_inputs_that_are_nowhere(repro: Callable[[], None], project: Path, kit: Kit) -> None:
    shutil.rmtree(project / ".dvc/cache")
    Path("data/numbers.csv").unlink()
    code, _, error = kit("replay", "double")
    assert code == 1
    assert error.startswith("kit: data/numbers.csv: its bytes (")
    assert error.endswith(") are not on this machine; `dvc fetch` brings them\n")


def test_code_that_is_not_what_ran(repro: Callable[[], None], kit: Kit) -> None:
    module_does("pass")
    code, _, error = kit("replay", "double")
    assert code == 1
    assert error.startswith("kit: modules/doubler: working tree does not have the code that ran, so it cannot be")
    assert kit("replay", "double", "--rev", "HEAD")[0] == 0


def test_a_stage_that_fails_now(repro: Callable[[], None], kit: Kit, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    module_does(f"import os\nif os.environ.get('FAIL'): raise ValueError('no {flag.name}')")
    repro()
    os.environ["FAIL"] = "1"
    try:
        code, _, error = kit("replay", "double")
    finally:
        del os.environ["FAIL"]
    assert code == 1
    assert "ValueError: no flag" in error
    assert error.endswith("kit: stage double: cannot be run again; see its messages above\n")


def test_raw_data_has_no_stage(repro: Callable[[], None], kit: Kit) -> None:
    message = "kit: data/numbers.csv: no stage made it, so there is nothing to run again\n"
    assert kit("replay", "data/numbers.csv") == (1, "", message)


FOLDER = "kind: folder\nallowed: ['*.txt', '*.safetensors']\n"
PACKING = """\
import os


def run(inputs, outputs, params):
    (outputs["doubled"] / "inside").mkdir(parents=True)
    (outputs["doubled"] / "inside/numbers.txt").write_text(inputs["numbers"].read_text())
    (outputs["doubled"] / "empty.txt").touch()
    (outputs["doubled"] / "chance.txt").write_text(os.environ.get("CHANCE", ""))
"""


def packs_a_folder() -> None:
    """The stage's output is a folder, as that of the shipped `bundle`."""
    Path("contracts/packed.yaml").write_text(FOLDER)
    replace("modules/doubler/module.yaml", "doubled: numbers", "doubled: packed")
    replace("dvc.yaml", OUT, "artifacts/double/doubled")
    Path("modules/doubler/run.py").write_text(PACKING)


def test_a_stage_whose_output_is_a_folder(repro: Callable[[], None], kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    packs_a_folder()
    repro()
    code, out, _ = kit("replay", "double")
    assert code == 0
    assert out.startswith("double: identical bytes\n  artifacts/double/doubled: identical bytes\n")
    monkeypatch.setenv("CHANCE", "1")
    code, out, _ = kit("replay", "double")
    assert code == 1
    assert out.startswith("double: different\n  artifacts/double/doubled: different (chance.txt: other bytes)\n")
