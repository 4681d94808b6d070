"""One project, generated and run once; each test that changes something gets a copy."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_project import Baked


@pytest.fixture(scope="session")
def finished(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Baked:
    """A project whose pipeline ran and is committed. Not to be changed."""
    folder = tmp_path_factory.mktemp("e2e")
    command = ["cookiecutter", str(template), "--no-input", "--default-config", "--output-dir", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    project = Baked(folder / "my-project", folder / "my-project/.venv/bin")
    project.run("dvc", "repro")
    project.commit("Run the pipeline")
    return project


@pytest.fixture
def project(finished: Baked, tmp_path: Path) -> Baked:
    """A copy to change."""
    shutil.copytree(finished.root, tmp_path / "copy", symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    return Baked(tmp_path / "copy", finished.tools)


@pytest.fixture
def environments() -> Callable[[], dict[str, float]]:
    """Environment to the time it was built."""

    def built() -> dict[str, float]:
        folder = Path(os.environ["KIT_CACHE_DIR"]) / "environments"
        return {path.parent.name: path.stat().st_mtime for path in folder.glob("*/environment.json")}

    return built
