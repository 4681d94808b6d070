"""One project, generated and run once; each test that changes something gets a copy."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_project import Baked, generate
from places import shared


@pytest.fixture(scope="session")
def finished(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Baked:
    """A project whose pipeline ran and is committed, the same for all workers. Only to be read."""

    def run(folder: Path) -> None:
        project = generate(template, folder)
        project.run("dvc", "repro")
        project.commit("Run the pipeline")

    root = shared(tmp_path_factory, "finished", run) / "my-project"
    return Baked(root, root / ".venv/bin")


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
