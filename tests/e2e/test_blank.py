"""A blank project, taken by its README's own commands from nothing to a pipeline."""

import re
import subprocess
from pathlib import Path

import pytest
from e2e_project import Baked
from places import as_a_user


@pytest.fixture(scope="module")
def blank(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Baked:
    folder = tmp_path_factory.mktemp("blank")
    command = ["cookiecutter", str(template), "--no-input", "--default-config", "--output-dir", str(folder)]
    done = subprocess.run([*command, "example=blank"], env=as_a_user(), check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1].strip() == "kit new --help"
    return Baked(folder / "my-project", folder / "my-project/.venv/bin")


def commands(project: Baked) -> list[str]:
    """The shell lines of the README, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (project.root / "README.md").read_text(), re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if not line.startswith("source ")]


def test_the_readme_leads_from_nothing_to_three_modules(blank: Baked) -> None:
    lines = commands(blank)
    assert sum(line.startswith("kit new") for line in lines) == 3
    for line in lines:
        if line.startswith("dvc add"):
            (blank.root / "data/raw/people.csv").write_text("name,age\nAnn,31\nBob,45\n")
        blank.run("sh", "-ec", line)
        blank.run("kit", "check")
    assert blank.executed("dvc", "repro") == ["read_people"]
    assert blank.executed("dvc", "repro") == []
    blank.run("make", "lint")
    blank.run("make", "test")
    blank.commit("Begin")
    assert "nothing is wrong" in blank.run("kit", "verify")
