"""A chain from raw data to a model and a gate's decision on it, run and committed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import CHAIN, RAW, Lab

Kit = Callable[..., tuple[int, str, str]]
GATE = '[tool.kit.gate]\ndecision = "artifacts/gate/decision.json"\n[tool.kit.deploy]\nproduction = "data/production"\n'
MODEL = "artifacts/pack/model.safetensors"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Its root is the working directory; nothing has a version yet."""
    made = gated(tmp_path / "lab")
    monkeypatch.chdir(made.root)
    return made


def gated(root: Path, top: Path | None = None) -> Lab:
    """The project in a folder; `top`: the one above it that is the Git repository."""
    gate = ("gatekeeper", ["artifacts/evaluate/metrics.json"], ["artifacts/gate/decision.json"])
    pack = ("packer", ["artifacts/train/head.safetensors"], [MODEL])
    made = Lab(root, {**CHAIN, "gate": gate, "pack": pack})
    if top:
        (root / ".git").rename(top / ".git")
    made.models = {"digits": MODEL}
    made.write("pyproject.toml", made.read("pyproject.toml") + GATE)
    made.write(".gitignore", made.read(".gitignore") + "/data/production\n")
    made.data("data/raw.csv", RAW)
    made.data("data/production", "nothing yet\n")
    made.git("config", "user.name", "Ana")
    made.git("config", "user.email", "ana@example.com")
    made.declare()
    made.commit("Start")
    made.repro()
    made.commit("Run")
    return made


def candidate(lab: Lab, seed: int) -> None:
    """Another model: train again with another seed, and commit."""
    lab.params["head"] = {"seed": seed}
    lab.repro()
    lab.commit(f"Seed {seed}")


def tags(lab: Lab) -> list[str]:
    return lab.git("tag", "--list").split()


@pytest.fixture
def colleague(lab: Lab, tmp_path: Path) -> Path:
    """The same project on another person's machine; both share an origin."""
    lab.git("clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    lab.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    lab.git("push", "--quiet", "--set-upstream", "origin", "main")
    shutil.copytree(lab.root, tmp_path / "colleague")
    lab_there = Lab.__new__(Lab)
    lab_there.root, lab_there.clock = tmp_path / "colleague", lab.clock
    lab_there.git("config", "user.name", "Bob")
    lab_there.git("config", "user.email", "bob@example.com")
    return tmp_path / "colleague"
