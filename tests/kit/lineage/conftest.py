"""A chain of four stages, run and committed."""

from pathlib import Path

import pytest
from lab import Lab, chain

from kit.lineage.history import History


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Its root is the working directory."""
    made = chain(tmp_path / "lab")
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def kit(capfd: pytest.CaptureFixture[str]):
    """Call the command line; returns exit code, standard output and standard error."""
    from kit.cli import main

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def history(lab: Lab) -> History:
    return History.of(lab.root)
