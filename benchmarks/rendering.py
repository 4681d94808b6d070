"""How long generation takes, against rendering a template of one file."""

import json
import shutil
import tempfile
from pathlib import Path

from stopwatch import ROOT, report, seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        floor, out = Path(scratch) / "floor", Path(scratch) / "out"
        (floor / "{{cookiecutter.project}}").mkdir(parents=True)
        (floor / "{{cookiecutter.project}}/README.md").write_text("# {{cookiecutter.project}}\n")
        (floor / "cookiecutter.json").write_text(json.dumps({"project": "my-project"}))

        def cookiecutter(template: Path, hooks: str) -> float:
            command = ["cookiecutter", str(template), "--no-input", "--default-config", "--accept-hooks", hooks]
            return seconds([*command, "--output-dir", str(out)], before=lambda: shutil.rmtree(out, ignore_errors=True))

        reference = cookiecutter(floor, "no")
        report("rendering alone", cookiecutter(ROOT, "no"), "a template of one file", reference)
        report("with set-up, warm cache", cookiecutter(ROOT, "yes"), "a template of one file", reference)


if __name__ == "__main__":
    main()
