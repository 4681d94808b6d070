"""Run a workflow's own `run:` steps, in order and as GitHub's runner would, without GitHub."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from places import as_a_user

from kit.formats.documents import read_yaml

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


@dataclass
class Job:
    """One job in a clone; `context` gives expressions their values. What each step printed is in `said`."""

    clone: Path
    workflow: str
    name: str
    context: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def run(self) -> "Job":
        document = read_yaml(self.clone / ".github/workflows" / self.workflow, self.workflow)
        job = document["jobs"][self.name]
        self.summary.parent.mkdir(exist_ok=True)
        for step in job["steps"]:
            if "run" in step:
                self._step(step, job.get("env", {}))
        return self

    @property
    def summary(self) -> Path:
        return self.clone.parent / f"{self.clone.name}-runner" / "summary.md"

    @property
    def printed(self) -> str:
        return "".join(self.said.values())

    def _step(self, step: dict[str, Any], shared: dict[str, str]) -> None:
        name, condition = step["name"], step.get("if", "success()")
        assert condition in ("success()", "${{ !cancelled() }}"), condition
        if self.failed and condition == "success()":
            self.skipped.append(name)
            return
        given = {key: self._filled(value) for key, value in (shared | step.get("env", {})).items()}
        assert not EXPRESSION.search(step["run"]), "an expression in a script is open to injection"
        path = f"{self.clone / '.venv/bin'}{os.pathsep}{self.variables.get('PATH', os.environ['PATH'])}"
        variables = {**as_a_user(), **self.variables, **given, "PATH": path, "GITHUB_STEP_SUMMARY": str(self.summary)}
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.clone,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.said[name] = done.stdout
        if done.returncode:
            self.failed.append(name)

    def _filled(self, value: str) -> str:
        return EXPRESSION.sub(lambda found: self.context[found[1].strip()], str(value))
