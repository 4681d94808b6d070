"""A generated project as its user sees it."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from places import as_a_user

from kit.formats.documents import read_json, read_yaml

# The digits example, in the order in which it runs.
STAGES = [
    "ingest",
    "split",
    "encode",
    "adapt",
    "train",
    "predict",
    "baseline",
    "production",
    "evaluate",
    "drift",
    "gate",
    "bundle",
]
EXECUTED = re.compile(r"^Running stage '([^']+)'", re.MULTILINE)


@dataclass(frozen=True)
class Baked:
    """A generated project; `tools` is the folder with its dvc and kit."""

    root: Path
    tools: Path

    def run(self, *command: str, check: bool = True, **variables: str) -> str:
        """Run a command as a user with an activated environment would; returns all that it printed."""
        path = f"{self.tools}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**as_a_user(), "PATH": path, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def executed(self, *command: str, **variables: str) -> list[str]:
        """The stages that a command executed, in order."""
        return EXECUTED.findall(self.run(*command, **variables))

    def hashes(self) -> dict[str, str]:
        """Every out in dvc.lock but the run records, to its hash."""
        stages = read_yaml(self.root / "dvc.lock", "dvc.lock")["stages"].values()
        outs = {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}
        return {path: md5 for path, md5 in outs.items() if not path.endswith("run.json")}

    def json(self, path: str) -> Any:
        return read_json(self.root / path)

    def append(self, path: str, text: str) -> None:
        (self.root / path).write_text((self.root / path).read_text() + text)

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--no-verify", "--message", message)


def generate(template: Path, folder: Path, *answers: str) -> Baked:
    """A project in a folder, set up as its user would have it; an answer is NAME=VALUE."""
    command = ["cookiecutter", str(template), "--no-input", "--default-config", "--output-dir", str(folder), *answers]
    subprocess.run(command, env=as_a_user(), check=True, capture_output=True)
    return Baked(folder / "my-project", folder / "my-project/.venv/bin")
