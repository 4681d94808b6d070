"""The template's source, before anything is generated from it."""

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from places import ROOT, SOURCE

from kit.project.mermaid import mermaid
from kit.project.pipeline import Pipeline
from kit.project.project import Project

PYTHON_FILES = sorted([*SOURCE.rglob("*.py"), *ROOT.glob("hooks/*.py")])
MODULES = sorted(path.name for path in (SOURCE / "modules").iterdir())


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_parses_before_rendering(path: Path) -> None:
    assert ast.parse(path.read_text(encoding="utf-8")).body or path.name == "__init__.py"


# What is under templates/ is for `kit new`, which renders it; there Jinja stands in string literals.
OWN = sorted(path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] != "templates")


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.relative_to(SOURCE)))
def test_python_of_the_project_has_no_jinja(path: Path) -> None:
    assert not re.search(r"\{\{\s*cookiecutter|\{%", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_neither_the_kit_nor_another_module(module: str) -> None:
    for path in (SOURCE / "modules" / module).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & {"kit", "modules", *MODULES}


def definitions(*files: str) -> dict[str, str]:
    """Every class and function of some files of modules."""
    trees = [ast.parse((SOURCE / "modules" / file).read_text(encoding="utf-8")) for file in files]
    return {node.name: ast.dump(node) for tree in trees for node in tree.body if hasattr(node, "name")}


def test_the_copied_network_is_the_original() -> None:
    """baseline_scratch compares fairly only with the very network and augmentations of encoder_conv."""
    original = definitions("encoder_conv/apply.py", "encoder_conv/model.py")
    assert definitions("baseline_scratch/model.py") == {name: original[name] for name in ("Encoder", "augment")}


def test_published_weights_of_encoder_conv_fit_encoder_hub() -> None:
    assert definitions("encoder_hub/apply.py") == definitions("encoder_conv/apply.py")


def test_adapters_are_applied_alike() -> None:
    adapters = [path / "apply.py" for path in (SOURCE / "modules").glob("adapter_*")]
    assert len({path.read_text(encoding="utf-8") for path in adapters}) == 1


@pytest.mark.parametrize("name", ["prediction_table", "softmax"])
def test_baseline_and_predict_head_write_alike(name: str) -> None:
    """Both paths are compared by the same table of the same probabilities."""
    files = [
        path for module in ("baseline_scratch", "predict_head") for path in (SOURCE / "modules" / module).glob("*.py")
    ]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    copies = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    assert len(copies) == 2
    assert len({ast.dump(node) for node in copies}) == 1


@pytest.mark.parametrize("file", ["calibration.py", "tables.py"])
def test_heads_and_baseline_calibrate_alike(file: str) -> None:
    """Modules share files, not code: what one head repeats of another must not drift apart."""
    copies = [SOURCE / "modules" / name / file for name in ("head_linear", "head_mlp", "baseline_scratch")]
    assert len({path.read_text(encoding="utf-8") for path in copies if path.exists()}) == 1


def test_the_project_and_the_template_lint_alike() -> None:
    template, project = (
        tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["ruff"] for folder in (ROOT, SOURCE)
    )
    assert template["line-length"] == project["line-length"]
    assert template["lint"]["select"] == project["lint"]["select"]
    assert template["lint"]["ignore"] == project["lint"]["ignore"]


def test_hooks_and_project_use_the_same_ruff() -> None:
    hooks = (SOURCE / ".pre-commit-config.yaml").read_text()
    pinned = re.search(r'"ruff==([\d.]+)"', (SOURCE / "pyproject.toml").read_text())
    assert pinned
    assert set(re.findall(r"ruff==([\d.]+)", hooks)) == {pinned[1]}


def test_the_template_shows_the_current_module_graph() -> None:
    assert mermaid(Pipeline(Project(SOURCE))) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_question_has_a_prompt_in_plain_words() -> None:
    questions = json.loads((ROOT / "cookiecutter.json").read_text())
    assert set(questions["__prompts__"]) == {name for name in questions if not name.startswith("_")}


def test_no_file_names_a_place_of_this_machine_or_a_registry() -> None:
    files = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    places = {f"{ROOT}/", f"{Path.home()}/"} - {"//"}
    hosts = r"python(?:hosted)\.org|pypi\.org|npmjs\.(?:org|com)"
    for name in filter(None, files):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(hosts, text), name
        assert not [place for place in places if place in text], name
