"""kit check on a generated project: nothing to say of it as it is, and each planted mistake found, at its line."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from acts import replace

from kit.formats import yaml12

Kit = Callable[..., tuple[int, str, str]]
MISTAKES: dict[str, dict[str, Any]] = yaml12.load(Path(__file__).with_name("planted.yaml").read_text())


@pytest.fixture(scope="session")
def generated(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    command = ["cookiecutter", str(template), "--no-input", "--default-config", "--output-dir", str(folder)]
    subprocess.run([*command, "--accept-hooks", "no"], check=True, capture_output=True)
    return folder / "my-project"


@pytest.fixture
def copy(generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(generated, tmp_path / "my-project", ignore=shutil.ignore_patterns("kit"))
    monkeypatch.chdir(tmp_path / "my-project")
    return tmp_path / "my-project"


def edit(change: dict[str, Any]) -> None:
    path = Path(change["file"])
    if "replace" in change:
        replace(path, change["replace"], change["by"])
    elif "append" in change:
        path.write_text(path.read_text() + change["append"])
    elif "write" in change:
        path.write_text(change["write"])
    else:
        path.unlink()


def test_a_generated_project_is_clean(copy: Path, kit: Kit) -> None:
    assert kit("check") == (0, "17 modules checked, no mistakes\n", "")


@pytest.mark.parametrize("planted", MISTAKES.values(), ids=MISTAKES)
def test_a_planted_mistake_is_found_where_it_is(planted: dict[str, Any], copy: Path, kit: Kit) -> None:
    for change in planted["edits"]:
        edit(change)
    code, out, _ = kit("check", "--format", "json")
    findings = json.loads(out)
    assert len(findings) == planted.get("findings", 1), out
    found = next(f for f in findings if planted["says"] in f["message"] and f["file"] == planted["file"])
    assert found["level"] == planted.get("level", "error")
    assert code == (1 if found["level"] == "error" else 0)
    if "line" in planted:
        assert planted["line"] in Path(found["file"]).read_text().splitlines()[found["line"] - 1]
