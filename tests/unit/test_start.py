"""What the kit loads: every `kit --help` and every stage that runs pays for it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from acts import replace
from places import SOURCE

SHOW = """\
import sys
from kit.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as exit:
    code = exit.code
assert not code, code
names = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
rooms = {name.split(".")[1] for name in sys.modules if name.startswith("kit.")}
print("loaded", *sorted(names), "and", *sorted(rooms))
"""
# What the interpreter, its environment and compiled packages bring along.
PYTHON = re.compile(r"__(mp_)?main__|_sysconfigdata.*|_distutils_hack|sitecustomize|_?cython_.*|\$?coverage")
# Beside the kit itself: DVC's parser of dvc.yaml with what that imports, JSON Schema, libyaml, and a lock of files.
RUN = {
    *(
        "attr",
        "attrs",
        "colorama",
        "dpath",
        "dvc",
        "dvc_data",
        "dvc_http",
        "dvc_objects",
        "fsspec",
        "funcy",
        "orjson",
        "pygtrie",
        "tqdm",
    ),
    *("typing_extensions", "voluptuous"),
    *("jsonschema", "jsonschema_specifications", "referencing", "rpds"),
    *("filelock", "packaging", "pathspec", "platformdirs", "uv", "yaml"),
}
# What jsonschema takes to check formats, where the environment happens to have it.
FORMATS = {"idna", "jsonpointer", "rfc3339_validator", "six"}
ROOMS = {
    "commands",
    "confinement",
    "contracts",
    "dvc",
    "environments",
    "execution",
    "formats",
    "git",
    "project",
    "system",
}
ENTRANCE = {"arguments", "cli", "errors"}


def loaded(*arguments: str) -> tuple[set[str], set[str]]:
    """(third parties' top-level packages, names in the kit) that a command has loaded when it ends."""
    variables = {**os.environ, "PYTHONPATH": str(SOURCE / "kit/src")}
    shown = subprocess.check_output([sys.executable, "-c", SHOW, *arguments], env=variables, text=True)
    packages, _, rooms = shown.splitlines()[-1].removeprefix("loaded ").partition(" and ")
    found = {name for name in packages.split() if not PYTHON.fullmatch(name)}
    return found - {"kit"}, set(rooms.split())


def test_help_loads_nothing_but_the_command_line() -> None:
    assert loaded("--help") == (set(), ENTRANCE)


def test_a_stage_loads_these_packages_and_rooms_alone(project: Path) -> None:
    """With contracts in JSON: checking a table takes pandas and pandera, which only such a stage pays for."""
    replace("contracts/numbers.yaml", Path("contracts/numbers.yaml").read_text(), "kind: json\nschema: {type: array}\n")
    Path("data/numbers.csv").rename("data/numbers.json")
    Path("data/numbers.json").write_text("[1, 2]")
    text = Path("dvc.yaml").read_text()
    Path("dvc.yaml").write_text(text.replace("numbers.csv", "numbers.json").replace("doubled.csv", "doubled.json"))
    Path("modules/doubler/run.py").write_text(
        "def run(inputs, outputs, params):\n    outputs['doubled'].write_text(inputs['numbers'].read_text())\n"
    )
    packages, rooms = loaded("run", "double")
    assert packages - FORMATS == RUN
    assert rooms == ROOMS | ENTRANCE
