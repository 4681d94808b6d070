"""Where a stage runs: refused before it starts where it cannot, chosen where it can, recorded and in no key."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import module_does, replace, start_kit
from fake_cuda import card, driver
from places import SOURCE

from kit.confinement import landlock

__all__ = ["driver"]

Kit = Callable[..., tuple[int, str, str]]
MODULE = Path("modules/doubler")
RECORD = Path("artifacts/double/run.json")
WAYS_OUT = "fetch its results with `dvc pull` or `dvc repro --pull`, or run it on a machine with an NVIDIA GPU"


@pytest.fixture(autouse=True)
def no_cards_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that is here shows no card."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("KIT_DEVICE", raising=False)


def wants(device: str) -> None:
    replace(MODULE / "module.yaml", "device: cpu", f"device: {device}")
    module_does("import os; print(repr(os.environ.get('CUDA_VISIBLE_DEVICES')))")


NEEDS_ONE = "modules/doubler: needs 1 CUDA device(s), and this machine has none;"
REFUSED = {
    "cuda on a machine without": (
        "cuda",
        "",
        "",
        NEEDS_ONE,
    ),
    "any, cuda chosen": ("any", "cuda", "", NEEDS_ONE),
    "cuda, cpu chosen": ("cuda", "cpu", "", "KIT_DEVICE: is cpu, but modules/doubler must run on cuda;"),
    "any, tied to cuda": ("any", "", "cuda", NEEDS_ONE),
    "any, tied to a card": ("any", "", "H100", NEEDS_ONE),
    "cpu, tied to cuda": (
        "cpu",
        "",
        "cuda",
        "params.yaml: doubler.device_class: is cuda, but modules/doubler must run",
    ),
    "cuda, tied to cpu": (
        "cuda",
        "",
        "cpu",
        "params.yaml: doubler.device_class: is cpu, but modules/doubler must run",
    ),
    "cpu chosen, tied to cuda": (
        "any",
        "cpu",
        "cuda",
        "params.yaml: doubler.device_class: is cuda, but modules/doubler",
    ),
}


@pytest.mark.parametrize(("device", "choice", "tied", "message"), REFUSED.values(), ids=REFUSED)
def test_what_the_machine_cannot_do_is_refused_before_anything_starts(
    device: str, choice: str, tied: str, message: str, project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(device)
    monkeypatch.setenv("KIT_DEVICE", choice)
    if tied:
        replace("params.yaml", "factor: 2", f"factor: 2, device_class: {tied}")
    code, out, errors = kit("run", "double")
    assert (code, out) == (1, "")
    assert errors.startswith(f"kit: {message}")
    assert errors.endswith(f"; {WAYS_OUT}\n")


@pytest.mark.parametrize(
    ("device", "choice"), [("cpu", ""), ("cpu", "cuda"), ("cpu", "cpu"), ("any", ""), ("any", "cpu")]
)
def test_what_runs_on_the_cpu_sees_no_card(
    device: str, choice: str, project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(device)
    monkeypatch.setenv("KIT_DEVICE", choice)
    assert kit("run", "double")[1].endswith("''\n")
    assert json.loads(RECORD.read_text())["device"] == {"kind": "cpu", "gpus": [], "driver": None, "cuda": None}


def test_an_unknown_device_is_refused(project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_DEVICE", "tpu")
    assert kit("run", "double")[2] == "kit: KIT_DEVICE=tpu: must be cpu, cuda or any (the default)\n"


def test_a_device_class_is_for_the_kit_and_not_for_the_module(project: Path, kit: Kit) -> None:
    replace("params.yaml", "factor: 2", "factor: 2, device_class: cpu")
    module_does("print(params)")
    assert kit("run", "double")[1] == "{'factor': 2}\n"
    assert json.loads(RECORD.read_text())["params"]["device_class"] == "cpu"


def test_a_device_class_that_is_no_word_is_refused(project: Path, kit: Kit) -> None:
    replace("params.yaml", "factor: 2", "factor: 2, device_class: 1")
    assert kit("run", "double")[2].startswith("kit: params.yaml: doubler.device_class: must be cpu, cuda or")


def test_a_module_that_cannot_be_repeated_says_so_and_the_record_carries_it(project: Path, kit: Kit) -> None:
    replace(MODULE / "module.yaml", "family: doubler", "family: doubler\ndeterministic: false")
    kit("run", "double")
    assert json.loads(RECORD.read_text())["determinism"]["declared"] is False
    assert "declared not deterministic" in kit("show", "double")[1]


@pytest.fixture
def three_cards(driver: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(driver))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")


def run_with_driver() -> tuple[int, str]:
    running = start_kit("run", "double")
    out = running.communicate()[0]
    return running.returncode, out


@pytest.mark.parametrize(
    ("device", "gpus", "given", "seen"),
    [
        ("any", 1, None, "0"),
        ("cuda", 2, None, "0,1"),
        ("cuda", 3, None, "0,1,2"),
        ("cuda", 1, "2,0", "2"),
        ("cuda", 2, f"{card(1)},{card(0)}", f"{card(1)},{card(0)}"),
        ("cpu", 1, None, ""),
    ],
)
def test_a_stage_sees_as_many_cards_as_it_asks_for(
    device: str, gpus: int, given: str | None, seen: str, three_cards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(device)
    replace(MODULE / "module.yaml", "cpus: 1", f"cpus: 1, gpus: {gpus}")
    if given:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    assert run_with_driver() == (0, f"{seen!r}\n")


RUNS = """
import sys
from kit.execution.device import Allocation
from kit.execution.runner import run_stage
from kit.project.pipeline import Pipeline
from kit.project.project import find_project
for card in sys.argv[1:]:
    run_stage(Pipeline(find_project()), "double", Allocation((card,)))
"""


def test_runs_that_are_given_different_cards_see_different_cards(three_cards: None) -> None:
    wants("cuda")
    environment = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    command = [sys.executable, "-c", RUNS, "2", card(0), "1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "'2'\n'0'\n'1'\n"
    assert json.loads(RECORD.read_text())["device"]["gpus"][0]["uuid"] == card(1)


def test_the_record_names_the_cards_and_the_driver(three_cards: None) -> None:
    wants("any")
    run_with_driver()
    device = json.loads(RECORD.read_text())["device"]
    assert device["kind"] == "cuda"
    assert device["cuda"] == "13.1"
    assert device["gpus"] == [
        {"name": "NVIDIA H100", "uuid": "GPU-abababab-abab-abab-abab-ababababab00", "memory_bytes": 80 << 30}
    ]


def test_too_few_cards_are_refused(three_cards: None) -> None:
    wants("cuda")
    replace(MODULE / "module.yaml", "cpus: 1", "cpus: 1, gpus: 4")
    code, out = run_with_driver()
    assert (code, out) == (1, f"kit: modules/doubler: needs 4 CUDA device(s), and this machine has 3; {WAYS_OUT}\n")


@pytest.mark.parametrize(("tied", "runs"), [("cuda", True), ("h100", True), ("A100", False), ("cpu", True)])
def test_results_can_be_tied_to_a_kind_of_card(tied: str, runs: bool, three_cards: None) -> None:
    wants("any")
    replace("params.yaml", "factor: 2", f"factor: 2, device_class: {tied}")
    code, out = run_with_driver()
    assert code == (0 if runs else 1)
    if not runs:
        assert out == f"kit: params.yaml: doubler.device_class: is A100, but this machine has NVIDIA H100; {WAYS_OUT}\n"
    elif tied == "cpu":
        assert out == "''\n"


def test_the_cpu_can_be_chosen_on_a_machine_with_cards(three_cards: None, monkeypatch: pytest.MonkeyPatch) -> None:
    wants("any")
    monkeypatch.setenv("KIT_DEVICE", "cpu")
    assert run_with_driver() == (0, "''\n")


@pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")
@pytest.mark.parametrize(("device", "code"), [("any", 0), ("cpu", 1)])
def test_a_stage_on_a_card_may_name_its_threads(device: str, code: int, three_cards: None) -> None:
    """The CUDA driver writes /proc/PID/task/TID/comm when it starts, and does not start where that is denied."""
    wants(device)
    module_does("import os; open(f'/proc/self/task/{os.getpid()}/comm', 'w').write('cuda')")
    assert run_with_driver()[0] == code


def test_where_it_ran_is_in_no_key(three_cards: None, tmp_path: Path) -> None:
    """DVC sees deps, params, outs and the command; none of them changes with the device."""
    wants("any")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/kit").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m kit "$@"\n')
    (tmp_path / "bin/kit").chmod(0o755)
    path = f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(SOURCE / "kit/src")}
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], check=True)
    repro = [sys.executable, "-m", "dvc", "repro"]
    first = subprocess.run(repro, env=environment, capture_output=True, text=True, check=True)
    assert "Running stage 'double'" in first.stdout
    again = subprocess.run(repro, env={**environment, "KIT_DEVICE": "cpu"}, capture_output=True, text=True, check=True)
    assert "Running stage" not in again.stdout
    assert json.loads(RECORD.read_text())["device"]["kind"] == "cuda"
