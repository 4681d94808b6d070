"""Run docs/audit.md in a generated project, and write what is printed into the template's page: `make audit`."""

import os
import tempfile
from pathlib import Path

from audit_story import blocks, run, with_output
from e2e_project import generate

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "{{cookiecutter.project}}/docs/audit.md"


def main() -> None:
    os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}  # the project brings an identity
    with tempfile.TemporaryDirectory() as folder:
        project = generate(ROOT, Path(folder))
        project.run("dvc", "repro")
        project.commit("Run the pipeline")
        text = PAGE.read_text()
        PAGE.write_text(with_output(text, iter([run(project, block) for block in blocks(text)])))


if __name__ == "__main__":
    main()
