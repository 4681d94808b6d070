"""kit check, kit graph and kit test: what they find and how they say it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace

Kit = Callable[..., tuple[int, str, str]]
MODULE = Path("modules/doubler")


def test_a_clean_project_has_no_findings(project: Path, kit: Kit) -> None:
    assert kit("check") == (0, "1 modules checked, no mistakes\n", "")


@pytest.mark.parametrize("file", ["README.md", "requirements.in", "requirements.txt", "run.py", "test_module.py"])
def test_a_missing_file_is_found(file: str, project: Path, kit: Kit) -> None:
    (MODULE / file).unlink()
    code, out, _ = kit("check")
    assert code == 1
    assert out.startswith(f"modules/doubler/{file}: is missing; ")


@pytest.mark.parametrize(
    ("break_it", "finding"),
    [
        (lambda: (MODULE / "requirements.in").write_text("six\n"), "requirements.txt: is out of date; run `kit lock"),
        (lambda: (MODULE / "requirements.txt").write_text("six==1\n"), "requirements.txt:1: six has no hash"),
        (lambda: replace(MODULE / "module.yaml", "1.0.0", "one"), "modules/doubler/module.yaml: version: 'one' does"),
        (lambda: replace("dvc.yaml", "modules/doubler", "modules/tripler"), "modules/tripler: no such module folder"),
        (lambda: replace("dvc.yaml", "numbers.csv", "other.csv"), "dvc.yaml: stage double: input port numbers"),
        (lambda: replace("params.yaml", "factor", "fctor"), "params.yaml: doubler.fctor: is no parameter of doubler"),
        (lambda: Path("contracts/numbers.yaml").unlink(), "contracts/numbers.yaml: is missing"),
        (lambda: replace("dvc.yaml", "cmd", "cmnd"), "dvc.yaml: stages.double"),
    ],
)
def test_a_mistake_is_found_once(break_it: Callable[[], object], finding: str, project: Path, kit: Kit) -> None:
    break_it()
    code, out, errors = kit("check")
    assert code == 1
    assert len(out.splitlines()) == 1
    assert finding in out
    assert errors == "kit: 1 mistake found\n"


def test_the_graph_draws_raw_data_stages_and_slots(project: Path, kit: Kit) -> None:
    replace("dvc.yaml", "deps: [modules/doubler,", "deps: ['modules/${slots.doubler}',")
    replace("dvc.yaml", "params: [doubler]", "params: [slots.doubler, doubler]")
    Path("params.yaml").write_text("slots: {doubler: doubler}\ndoubler: {factor: 2}\n")
    assert kit("graph")[1] == (
        "flowchart LR\n"
        '  n_data_numbers_csv[("data/numbers.csv")]\n'
        '  n_double(["double<br/><i>slot doubler</i>"])\n'
        "  n_data_numbers_csv --> n_double\n"
    )


def plain_stage() -> None:
    """A stage of plain DVC before the module's."""
    stage = "  fetch:\n    cmd: echo x > data/numbers.csv\n    outs: [data/numbers.csv]\n"
    replace("dvc.yaml", "stages:\n", f"stages:\n{stage}")


def test_plain_dvc_stages_are_drawn_and_left_alone(project: Path, kit: Kit) -> None:
    plain_stage()
    assert kit("check")[0] == 0
    assert "  n_fetch --> n_double\n" in kit("graph")[1]


def test_plain_dvc_stages_are_not_for_the_kit_to_run(project: Path, kit: Kit) -> None:
    plain_stage()
    code, _, errors = kit("run", "fetch")
    assert code == 1
    assert "stage fetch is a plain DVC stage" in errors


def test_the_graph_needs_a_place_in_the_readme(project: Path, kit: Kit) -> None:
    code, _, errors = kit("graph", "--write")
    assert code == 1
    assert errors.startswith("kit: README.md: has no place for the graph; add the lines ")


def test_tests_run_in_the_modules_own_environment(project: Path, kit: Kit) -> None:
    (MODULE / "test_module.py").write_text("import sys\n\ndef test_it():\n    print(sys.prefix)\n    assert 0\n")
    code, out, errors = kit("test", "doubler")
    assert code == 1
    assert "kit-cache" in out
    assert errors == "kit: tests failed in doubler (0 of 1 modules pass)\n"


def test_tests_leave_nothing_in_the_modules_folder(project: Path, kit: Kit) -> None:
    before = sorted(MODULE.rglob("*"))
    assert kit("test")[0] == 0
    assert sorted(MODULE.rglob("*")) == before


def test_settings_around_the_project_do_not_count(project: Path, kit: Kit) -> None:
    """A module's test imports its run.py, however pytest is set up in the folders above."""
    Path("../pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--import-mode=importlib'\n")
    (MODULE / "test_module.py").write_text("from run import run\n\ndef test_it():\n    assert callable(run)\n")
    assert kit("test")[0] == 0
