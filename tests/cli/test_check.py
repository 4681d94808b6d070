"""kit check, kit graph and kit test: what they find and how they say it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace
from places import SOURCE
from ruamel.yaml import YAML

from kit.formats import yaml12

Kit = Callable[..., tuple[int, str, str]]
MODULE = Path("modules/doubler")


def test_a_clean_project_has_no_findings(project: Path, kit: Kit) -> None:
    assert kit("check") == (0, "1 modules checked, no mistakes\n", "")


@pytest.mark.parametrize("file", ["README.md", "requirements.in", "requirements.txt", "run.py", "test_module.py"])
def test_a_missing_file_is_found(file: str, project: Path, kit: Kit) -> None:
    (MODULE / file).unlink()
    code, out, _ = kit("check")
    assert code == 1
    assert out.startswith(f"modules/doubler/{file}:1: is missing; ")


def test_a_mistake_is_told_by_file_line_and_remedy(project: Path, kit: Kit) -> None:
    replace("params.yaml", "{factor: 2}", "\n  factor: 2\n  fctor: 3")
    assert kit("check") == (
        1,
        "params.yaml:3: doubler.fctor: is not a parameter of doubler; did you mean factor?\n",
        "kit: 1 mistake found\n",
    )


def test_every_mistake_of_a_stage_is_found_at_once(project: Path, kit: Kit) -> None:
    replace("dvc.yaml", "numbers.csv", "other.csv")
    replace("params.yaml", "factor", "fctor")
    assert [line.split(": ")[0] for line in kit("check")[1].splitlines()] == ["dvc.yaml:4"] * 3 + ["params.yaml:1"] * 2


def test_warnings_are_told_and_stop_nothing(project: Path, kit: Kit) -> None:
    replace("dvc.yaml", ", artifacts/double/run.json", "")
    code, out, errors = kit("check")
    assert (code, errors) == (0, "")
    assert out.startswith("dvc.yaml:6: warning: stage double: has no run.json among its outs")


def test_github_shows_mistakes_beside_the_lines(project: Path, kit: Kit) -> None:
    replace("params.yaml", "factor: 2", "factor: 100%")
    replace("dvc.yaml", ", artifacts/double/run.json", "")
    out = kit("check", "--format", "github")[1].splitlines()
    assert out[0].startswith("::warning file=dvc.yaml,line=6::stage double: has no run.json")
    assert out[1] == "::error file=params.yaml,line=1::doubler.factor: '100%25' is not of type 'integer'"


def test_programs_get_json(project: Path, kit: Kit) -> None:
    assert kit("check", "--format", "json") == (0, "[]\n", "")
    replace("params.yaml", "2", "0")
    (finding,) = json.loads(kit("check", "--format", "json")[1])
    assert finding == {
        "file": "params.yaml",
        "line": 1,
        "message": "doubler.factor: 0 is less than the minimum of 1",
        "level": "error",
    }


@pytest.mark.parametrize(
    ("file", "content", "finding"),
    [
        ("params.yaml", b"doubler: {factor: 2026-01-01}\n", "params.yaml:1: Unsupported value of type 'date' in"),
        ("README.md", b"\xff", "README.md:1: is not UTF-8 text: invalid start byte at byte 0"),
        (".dvcignore", b"\xff", ".dvcignore:1: is not UTF-8 text"),
        ("modules/doubler/README.md", b"---\na: \x01\n---\n", "modules/doubler/README.md:1: front matter: "),
        ("modules/doubler/run.py", b"\xff", "modules/doubler/run.py:1: invalid Python: "),
        ("dvc.lock", b"stages: {double: }\n", "dvc.lock:1: stage double is not what DVC writes; restore it from Git"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_findings(
    file: str, content: bytes, finding: str, project: Path, kit: Kit
) -> None:
    Path(file).write_bytes(content)
    code, out, _ = kit("check")
    assert code == 1
    assert finding in out


def test_what_is_no_yaml_is_found_at_its_line(project: Path, kit: Kit) -> None:
    Path("params.yaml").write_text("a: 1\ndoubler: [\n")
    assert kit("check")[1].startswith("params.yaml:3: ")


def test_yaml_is_read_as_dvc_reads_it() -> None:
    """YAML 1.2: no yes and no, no octal 010, no dates; and what DVC's own reader says of everything in the project."""
    text = "a: yes\nb: 010\nc: 0o10\nd: 1e3\ne: 0x1F\nf: off\ng: ~\nh: &x {i: 1}\nj: {<<: *x, k: 1_000}\nl: .inf\n"
    assert yaml12.load(text) == YAML(typ="safe", pure=True).load(text)
    assert yaml12.load("day: 2026-12-01") == {"day": "2026-12-01"}
    for path in (path for path in SOURCE.rglob("*.yaml") if "templates" not in path.parts):
        assert yaml12.load(path.read_text()) == YAML(typ="safe", pure=True).load(path.read_text()), path


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
