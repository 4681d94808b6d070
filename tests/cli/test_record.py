"""run.json: complete, valid against its schema, and readable with kit show."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from acts import module_does, replace
from jsonschema import Draft202012Validator
from safetensors.numpy import save_file

from kit.errors import KitError
from kit.execution import plan
from kit.execution.runner import run_stage
from kit.execution.runtime import Runtime
from kit.formats import safetensors_file
from kit.formats.documents import schema_named
from kit.project.module import Module
from kit.project.pipeline import Pipeline
from kit.project.project import find_project

Kit = Callable[..., tuple[int, str, str]]
MODULE = Path("modules/doubler")
RECORD = Path("artifacts/double/run.json")


def record() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(RECORD.read_text())
    return read


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    return subprocess.check_output(["git", *identity, *arguments], text=True).strip()


@pytest.fixture
def committed(project: Path) -> Path:
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "start")
    return project


@pytest.mark.parametrize("environment", ["lock", "host"])
def test_it_is_valid_and_leaves_nothing_out(
    environment: str, committed: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_ENV", environment)
    kit("run", "double")
    schema = schema_named("run")
    Draft202012Validator.check_schema(schema)
    assert not list(Draft202012Validator(schema).iter_errors(record()))
    assert record()["peak_memory_bytes"] > 1_000_000
    assert record()["machine"]["cores"] == len(os.sched_getaffinity(0))
    assert record()["determinism"]["variables"]["PYTHONHASHSEED"] == "0"
    contract = hashlib.sha256(Path("contracts/numbers.yaml").read_bytes()).hexdigest()
    assert record()["contracts"] == {"numbers": contract}


def test_it_names_the_variables_that_choose_the_kernels(
    project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They reach the module: another processor's arithmetic can be tried on this one."""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)
    module_does("import os\nassert os.environ['OPENBLAS_CORETYPE'] == 'Haswell'")
    assert kit("run", "double")[0] == 0
    variables = record()["determinism"]["variables"]
    assert variables["OPENBLAS_CORETYPE"] == "Haswell"
    assert "ATEN_CPU_CAPABILITY" not in variables


def test_it_names_the_commit_and_what_differs_from_it(committed: Path, kit: Kit) -> None:
    kit("run", "double")
    clean = {"commit": git("rev-parse", "HEAD"), "dirty": False, "changed": []}
    assert record()["code"] == clean
    Path("dvc.lock").write_text("schema: '2.0'\n")
    kit("run", "double")
    assert record()["code"] == clean
    module_does("# edited")
    kit("run", "double")
    assert record()["code"] == {**clean, "dirty": True, "changed": ["modules/doubler/run.py"]}


def test_outside_git_it_says_so(project: Path, kit: Kit) -> None:
    kit("run", "double")
    assert record()["code"] is None


def test_a_host_without_what_the_lock_asks_for_is_told(
    project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_ENV", "host")
    digest = "--hash=sha256:" + "0" * 64
    (MODULE / "requirements.txt").write_text(f"pandas==0.1 {digest}\nno-such-package==1 {digest}\n")
    kit("run", "double")
    pandas, missing = record()["environment"]["installed"]["differs_from_lock"]
    assert pandas.startswith("pandas 3.")
    assert pandas.endswith("(lock: 0.1)")
    assert missing == "no-such-package none (lock: 1)"


@pytest.fixture
def trains(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module reads weights and writes others."""
    monkeypatch.setenv("KIT_ENV", "host")
    Path("contracts/weights.yaml").write_text("kind: tensors\ntensors: {'*': {dtype: F32}}\n")
    replace(MODULE / "module.yaml", "numbers: numbers", "numbers: numbers, start: weights")
    replace(MODULE / "module.yaml", "doubled: numbers", "doubled: numbers, end: weights")
    replace(MODULE / "module.yaml", "factor:", "epochs: {type: integer}\n  factor:")
    replace("params.yaml", "factor: 2", "factor: 2, epochs: 4")
    replace("dvc.yaml", "data/numbers.csv", "data/numbers.csv, data/start.safetensors")
    replace("dvc.yaml", "artifacts/double/run.json", "artifacts/double/run.json, artifacts/double/end.safetensors")
    save_file({"b": np.ones(3, "float32"), "a": np.zeros((2, 2), "float32")}, "data/start.safetensors")
    module_does("import time, shutil\ntime.sleep(0.2)\nshutil.copy(inputs['start'], outputs['end'])")
    return project


def test_training_names_the_weights_it_began_with_and_its_pace(trains: Path, kit: Kit) -> None:
    kit("run", "double")
    training = record()["training"]
    assert training["initial_weights"] == {"start": record()["inputs"]["start"]["tensor_digest"]}
    assert training["dtypes"] == ["F32"]
    assert training["seconds_per_epoch"] == pytest.approx(record()["run_s"] / 4, abs=1e-4)
    assert training["seconds_per_epoch"] >= 0.05
    assert not list(Draft202012Validator(schema_named("run")).iter_errors(record()))


def test_a_tensor_digest_is_what_the_design_says(tmp_path: Path) -> None:
    """SHA-256 over the sorted list of [name, dtype, shape, SHA-256 of the contiguous little-endian bytes]."""
    a, b = np.arange(4, dtype="<f4").reshape(2, 2), np.array([1], dtype="<i8")
    save_file({"b": b, "a": a}, tmp_path / "x.safetensors")
    parts = [["a", "F32", [2, 2], hashlib.sha256(a.tobytes()).hexdigest()],
             ["b", "I64", [1], hashlib.sha256(b.tobytes()).hexdigest()]]  # fmt: skip
    expected = hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
    assert safetensors_file.tensor_digest(tmp_path / "x.safetensors") == expected


def test_a_tensor_digest_survives_renaming_and_saving_again_but_no_changed_bit(tmp_path: Path) -> None:
    tensors = {"a": np.ones((2, 3), "float32"), "b": np.zeros(5, "float16")}
    save_file(tensors, tmp_path / "one.safetensors")
    save_file(dict(reversed(tensors.items())), tmp_path / "two.safetensors", metadata={"format": "pt"})
    digest = safetensors_file.tensor_digest(tmp_path / "one.safetensors")
    assert safetensors_file.tensor_digest(tmp_path / "two.safetensors") == digest
    tensors["b"][4] = -0.0
    save_file(tensors, tmp_path / "three.safetensors")
    assert safetensors_file.tensor_digest(tmp_path / "three.safetensors") != digest
    one, three = (safetensors_file.tensor_digests(tmp_path / f"{name}.safetensors") for name in ("one", "three"))
    assert [name for name in one if one[name] != three[name]] == ["b"]


@pytest.mark.parametrize("content", [b"", b"\xff" * 20, b"\x02" + b"\0" * 7 + b"[]", b"\x10" + b"\0" * 7 + b"{"])
def test_what_is_no_safetensors_file_has_no_digest(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011
        safetensors_file.tensor_digest(tmp_path / "x.safetensors")


def test_kit_show_reads_it_comfortably(committed: Path, kit: Kit) -> None:
    kit("run", "double")
    code, out, errors = kit("show", "double")
    assert (code, errors) == (0, "")
    assert out.startswith("double: doubler 1.0.0\n")
    assert f"commit  {git('rev-parse', 'HEAD')}\n" in out
    assert f"sha256 {hashlib.sha256(Path('data/numbers.csv').read_bytes()).hexdigest()[:12]}  (here)" in out
    Path("data/numbers.csv").write_text("x\n3\n")
    Path("artifacts/double/doubled.csv").unlink()
    out = kit("show", "double")[1]
    assert "(DIFFERS HERE)" in out
    assert "(missing here)" in out


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda: RECORD.unlink(), "artifacts/double/run.json: is missing; run the stage, or fetch it with `dvc pull`"),
        (lambda: RECORD.write_text("{"), "artifacts/double/run.json: invalid JSON: "),
        (lambda: RECORD.write_text("{}"), "artifacts/double/run.json: invalid run record: "),
        (
            lambda: replace("dvc.yaml", ", artifacts/double/run.json", ""),
            "dvc.yaml: stage double has no run.json among",
        ),
    ],
)
def test_kit_show_without_a_record_is_one_line(
    break_it: Callable[[], None], message: str, project: Path, kit: Kit
) -> None:
    kit("run", "double")
    break_it()
    code, out, errors = kit("show", "double")
    assert (code, out, len(errors.splitlines())) == (1, "", 1)
    assert errors.startswith(f"kit: {message}")


CHANGES = {
    "an input": ("inputs['numbers']", "data/numbers.csv"),
    "the module's code": ("'modules/doubler/run.py'", "modules/doubler"),
    "a parameter": ("'params.yaml'", "params.yaml: doubler"),
}


@pytest.mark.parametrize(("path", "named"), CHANGES.values(), ids=CHANGES)
def test_what_changes_during_a_run_fails_it(
    path: str, named: str, project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC hashes deps after the command, and would record the later content as what was read."""
    kit("run", "double")
    before = RECORD.read_bytes()
    monkeypatch.setenv("KIT_ISOLATION", "off")  # the change must come from somewhere
    module_does(
        f"import os, pathlib; os.chdir({str(project)!r}); changed = pathlib.Path({path})\n"
        "changed.write_text(changed.read_text().replace('2', '4').replace('str', 'str  '))"
    )
    code, _, errors = kit("run", "double")
    assert code == 1
    assert errors.splitlines()[-1] == f"kit: {named}: changed while stage double ran; nothing was kept, run it again"
    assert RECORD.read_bytes() == before


def test_parameters_that_change_before_the_module_starts_fail_the_run(project: Path, kit: Kit) -> None:
    """While the environment is built, say: the module was given the earlier ones."""
    pipeline = Pipeline(find_project())
    replace("params.yaml", "2", "3")
    with pytest.raises(KitError, match=r"^params.yaml: doubler: changed while stage double ran"):
        run_stage(pipeline, "double")
    assert not RECORD.exists()


@pytest.mark.parametrize(
    ("path", "named"),
    [("modules/doubler/run.py", "modules/doubler"), ("data/numbers.csv", "data/numbers.csv")],
)
def test_what_changes_while_the_environment_is_built_fails_the_run(
    path: str, named: str, project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was checked, and then it became something else."""
    build = plan.runtime_of

    def edit_and_build(module: Module) -> AbstractContextManager[Runtime]:
        Path(path).write_text(Path(path).read_text() + "\n")
        return build(module)

    monkeypatch.setattr(plan, "runtime_of", edit_and_build)
    assert kit("run", "double")[2].splitlines()[-1].startswith(f"kit: {named}: changed while stage double ran")


def test_an_input_that_disappears_during_a_run_fails_it(
    project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_ISOLATION", "off")
    module_does("text = inputs['numbers'].read_text(); inputs['numbers'].unlink()")
    replace(MODULE / "run.py", 'inputs["numbers"].read_text()', "text")
    assert kit("run", "double")[2].endswith("kit: data/numbers.csv: disappeared while stage double ran; run it again\n")


def test_an_ignored_file_may_change_during_a_run(project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card is not code: .dvcignore leaves it out of the hash."""
    Path(".dvcignore").write_text("/modules/*/README.md\n")
    monkeypatch.setenv("KIT_ISOLATION", "off")
    module_does("import pathlib; pathlib.Path(__file__).with_name('README.md').write_text('edited')")
    assert kit("run", "double")[0] == 0
