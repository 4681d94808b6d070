"""A chain of four stages, run and committed."""

from pathlib import Path

import pytest
from lab import Lab, chain

from kit.lineage import History


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Its root is the working directory."""
    made = chain(tmp_path / "lab")
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def history(lab: Lab) -> History:
    return History.of(lab.root)
