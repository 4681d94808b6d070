"""Every example with every CI passes its own lint and its own tests."""

import os
import subprocess
from pathlib import Path

import pytest
from e2e_project import Baked

# No file of a module depends on the CI; so all 17 are tested once, and one with each other CI.
TESTS = {"digits": ["kit", "test", "gate_thresholds"], "digits both": ["make", "test"], "blank": ["make", "test"]}
PASS = {"digits": "1 modules pass", "digits both": "17 modules pass", "blank": "0 modules pass"}


@pytest.mark.parametrize("ci", ["github", "gitlab", "both", "none"])
@pytest.mark.parametrize("example", ["digits", "blank"])
def test_it_passes_its_own_lint_and_tests(
    example: str, ci: str, template: Path, finished: Baked, tmp_path: Path
) -> None:
    """Generated with its hooks; the environment, which no choice changes, is that of the finished project."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uv").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/uv").chmod(0o755)
    variables = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = ["cookiecutter", str(template), "--no-input", "--default-config", "--output-dir", str(tmp_path)]
    subprocess.run([*command, f"example={example}", f"ci={ci}"], env=variables, check=True, capture_output=True)
    project = Baked(tmp_path / "my-project", finished.tools)
    (project.root / ".venv").symlink_to(finished.root / ".venv")
    assert "no mistakes" in project.run("make", "lint")
    which = "digits both" if (example, ci) == ("digits", "both") else example
    assert f"{PASS[which]}\n" in project.run(*TESTS[which])
