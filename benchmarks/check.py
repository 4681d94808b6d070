"""How long `kit check` takes for 100 modules, against `dvc stage list` of the same project."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from stopwatch import ROOT, report, seconds

MODULES = 100
END = "\n# What `kit register`"  # the line behind the last stage


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = ["cookiecutter", str(ROOT), "--no-input", "--default-config", "--output-dir", scratch]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        project = Path(scratch) / "my-project"
        multiply(project)
        path = f"{project}/.venv/bin{os.pathsep}{os.environ['PATH']}"
        options = {"cwd": project, "env": {**os.environ, "PATH": path}}
        print(subprocess.check_output(["kit", "check"], text=True, **options).strip())  # type: ignore[call-overload]
        reference = seconds(["dvc", "stage", "list", "--name-only"], **options)
        report("kit check", seconds(["kit", "check"], **options), "dvc stage list", reference)


def multiply(project: Path) -> None:
    """Copy stages and their modules, with contracts, locks and sections, until there are 100 modules."""
    stages, params = (project / "dvc.yaml").read_text(), (project / "params.yaml").read_text()
    body = stages.partition("stages:\n")[2].partition(END)[0]
    filled = dict(re.findall(r"^  (\w+): (\w+)", params.partition("slots:")[2].partition("\n\n")[0], re.MULTILINE))
    for slot, module in filled.items():
        body = body.replace(f"slots.{slot}, ", "").replace(f"${{slots.{slot}}}", module)
    used = set(re.findall(r"modules/(\w+)", body))
    copies, sections = "", ""
    for number in range(1, MODULES):
        if sum(1 for _ in (project / "modules").iterdir()) + len(used) > MODULES:
            break
        suffix = f"_{number}"
        for name in used:
            shutil.copytree(project / "modules" / name, project / "modules" / f"{name}{suffix}")
            section = re.search(rf"^{name}:.*?(?=^\w|\Z)", params, re.MULTILINE | re.DOTALL)
            sections += "\n" + section[0].replace(name, f"{name}{suffix}", 1) if section else ""
        copy = re.sub(r"^  (\w+):$", rf"  \1{suffix}:", body, flags=re.MULTILINE)
        copy = re.sub(r"kit run (\w+)", rf"kit run \1{suffix}", copy)
        copy = re.sub(r"artifacts/(\w+)", rf"artifacts/\1{suffix}", copy)
        for name in used:
            copy = re.sub(rf"\b{name}\b", f"{name}{suffix}", copy)
        copies += copy
    for number in range(MODULES - sum(1 for _ in (project / "modules").iterdir())):  # the rest runs in no stage
        shutil.copytree(project / "modules/gate_thresholds", project / f"modules/gate_thresholds_spare_{number}")
    (project / "dvc.yaml").write_text(stages.replace(END, f"{copies}{END}"))
    (project / "params.yaml").write_text(params + sections)
    path = f"{project}/.venv/bin{os.pathsep}{os.environ['PATH']}"
    for command in (["kit", "graph", "--write"], ["kit", "owners", "--write"]):
        subprocess.run(command, cwd=project, check=True, env={**os.environ, "PATH": path})


if __name__ == "__main__":
    main()
