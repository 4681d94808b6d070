"""`kit test --changed REV`: the modules that differ from where the branch began, and no others."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab, chain
from places import SOURCE

from kit.errors import KitError
from kit.project.changed import changed_modules
from kit.project.project import Project

Kit = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """On a branch of its own; main has gone on since."""
    made = chain(tmp_path / "lab")
    made.git("switch", "--quiet", "--create", "change")
    made.git("branch", "--quiet", "--move", "main", "base")
    monkeypatch.chdir(made.root)
    return made


def changed(lab: Lab) -> list[str]:
    return changed_modules(Project(lab.root), "base")


def test_nothing_changed(lab: Lab, kit: Kit) -> None:
    assert changed(lab) == []
    assert kit("test", "--changed", "base") == (0, "no module differs from base\n", "")


@pytest.mark.parametrize("how", ["committed", "staged", "edited", "untracked", "only its test"])
def test_a_change_counts_however_far_it_got(how: str, lab: Lab) -> None:
    file = {"untracked": "new.py", "only its test": "test_module.py"}.get(how, "run.py")
    lab.write(f"modules/encoder/{file}", "# changed\n")
    if how in ("committed", "staged"):
        lab.git("add", "--all")
    if how == "committed":
        lab.commit()
    assert changed(lab) == ["encoder"]


def test_what_changed_on_main_meanwhile_does_not_count(lab: Lab) -> None:
    lab.git("switch", "--quiet", "base")
    lab.write("modules/head/run.py", "# changed on main\n")
    lab.commit()
    lab.git("switch", "--quiet", "change")
    assert changed(lab) == []


def test_documents_and_removed_modules_do_not_count(lab: Lab) -> None:
    lab.write("docs/x.md", "words\n")
    lab.git("rm", "-r", "--quiet", "modules/head")
    assert changed(lab) == []


def test_an_unknown_revision_is_told(lab: Lab) -> None:
    with pytest.raises(KitError, match="fetch the whole history"):
        changed_modules(Project(lab.root), "nowhere")


def test_it_starts_quickly_because_it_loads_next_to_nothing(lab: Lab) -> None:
    """Seconds are for benchmarks/changed.py; what would cost them is told here: none of it is imported."""
    heavy = ["dvc", "jsonschema", "yaml", "pandas", "pandera", "safetensors", "cookiecutter"]
    code = "import sys; from kit.cli import main; main(['test', '--changed', 'base']); print(*sys.modules)"
    variables = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=lab.root, text=True, env=variables)
    said, loaded = printed.splitlines()
    assert said == "no module differs from base"
    assert not {*heavy} & {*loaded.split()}
