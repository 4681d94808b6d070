"""A module's process: what it sees of the caller's variables, and what is kept of what it says."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kit.execution.process import HUBS, KERNELS, TAIL, THREADS, _pass_on, _report_in, variables_for
from kit.project.module import Module, load_module
from kit.project.project import Project


@pytest.fixture
def module(project: Path) -> Module:
    return load_module(Project(project), "doubler")


def test_nothing_of_the_callers_python_reaches_a_module(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/elsewhere")
    variables = variables_for(module, Path("/scratch"))
    assert "/elsewhere" not in variables.values()
    assert variables["PYTHONNOUSERSITE"] == variables["PYTHONSAFEPATH"] == "1"
    assert (variables["PYTHONHASHSEED"], variables["TMPDIR"]) == ("0", "/scratch")


def test_libraries_get_as_many_threads_as_the_module_declares(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    variables = variables_for(replace(module, cpus=3), Path("/scratch"))
    assert {variables[name] for name in THREADS} == {"3"}


def test_the_kernels_that_a_user_chose_reach_the_module(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KERNELS:
        monkeypatch.setenv(name, "chosen")
    assert {variables_for(module, Path("/scratch"))[name] for name in KERNELS} == {"chosen"}


def test_only_a_module_with_a_network_gets_the_folders_of_hubs(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in HUBS:
        monkeypatch.delenv(name, raising=False)
    assert not HUBS.keys() & variables_for(module, Path("/scratch")).keys()


def test_of_a_long_standard_error_all_is_shown_and_the_end_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stderr", shown)
    text = "x" * (3 * TAIL) + "the end"
    code = f"import sys; sys.stderr.write('x' * {3 * TAIL} + 'the end')"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    kept = bytearray()
    _pass_on(process, kept)
    assert process.wait() == 0
    assert shown.buffer.getvalue() == text.encode()  # type: ignore[attr-defined]
    assert kept.decode() == text[-TAIL:]


@pytest.mark.parametrize("text", [None, "", "{", "\xff"])
def test_a_worker_that_was_killed_left_no_report(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "report").write_bytes(os.fsencode(text))
    assert _report_in(tmp_path / "report") == {}
