"""A library project with one module, tagged v1.0.0, and a project that takes it."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from acts import replace

CARD = """---
summary: Multiplies.
owner: ana@example.com
license: MIT
stability: stable
provenance: Arithmetic.
assumptions: [Numbers are whole.]
expected: [Numbers grow.]
failure_modes: [Numbers grow too large.]
---

# doubler
"""
RUN = """\
def run(inputs, outputs, params):
    text = inputs["numbers"].read_text()
    header, *rows = text.split()



    factor = params["factor"]
    doubled = [str(int(row) * factor) for row in rows]



    outputs["doubled"].write_text("\\n".join([header, *doubled]) + "\\n")
"""
MODULE = """\
family: doubler
version: 1.0.0
python: "3.11"
inputs: {numbers: numbers}
outputs: {doubled: numbers}
params:
  factor: {type: integer, minimum: 1, default: 2}
resources: {device: cpu, cpus: 1}
"""
FILES = {
    "dvc.yaml": "# ours\nstages: {}\n",
    "params.yaml": "# ours\ndoubler:\n  factor: 3  # the library's choice\n",
    "contracts/numbers.yaml": "kind: table\nschema:\n  columns:\n    x: {dtype: int64}\n",
    "modules/doubler/module.yaml": MODULE,
    "modules/doubler/run.py": RUN,
    "modules/doubler/test_module.py": "def test_two_is_two():\n    assert 1 + 1 == 2\n",
    "modules/doubler/README.md": CARD,
    "modules/doubler/requirements.in": "",
    ".dvcignore": "/modules/*/README.md\n/modules/*/test_*.py\n__pycache__/\n",
}


@dataclass(frozen=True)
class Repository:
    """A project under Git."""

    root: Path

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
        return subprocess.check_output(["git", *identity, *arguments], cwd=self.root, text=True).strip()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def edit(self, path: str, old: str, new: str) -> None:
        replace(self.root / path, old, new)

    def release(self, tag: str) -> str:
        """Commit everything under a tag; returns the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", tag)
        self.git("tag", "--force", tag)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def library(tmp_path: Path, empty_lock: Path) -> Repository:
    found = Repository(tmp_path / "library")
    for path, text in FILES.items():
        found.write(path, text)
    shutil.copy(empty_lock, found.root / "modules/doubler/requirements.txt")
    found.git("init", "--quiet", "--initial-branch", "main")
    found.release("v1.0.0")
    return found


@pytest.fixture
def taker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A project without modules; also the working directory."""
    found = Repository(tmp_path / "taker")
    for path in ("dvc.yaml", ".dvcignore"):
        found.write(path, FILES[path])
    found.write("params.yaml", "# theirs\n")
    found.git("init", "--quiet", "--initial-branch", "main")
    for key, value in (("user.name", "Bob"), ("user.email", "bob@example.com")):
        found.git("config", key, value)
    found.release("start")
    monkeypatch.chdir(found.root)
    return found


@pytest.fixture
def taken(library: Repository, taker: Repository, kit: Callable[..., tuple[int, str, str]]) -> Repository:
    """The project once it has the module at v1.0.0."""
    assert kit("add", "../library@v1.0.0")[0] == 0
    taker.release("taken")
    return taker


def tree(root: Path) -> dict[str, bytes]:
    """Every file outside .git, to see that nothing changed."""
    paths = (Path(here, name) for here, _, names in os.walk(root) for name in names)
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in paths if ".git/" not in f"{p.relative_to(root)}/"}
