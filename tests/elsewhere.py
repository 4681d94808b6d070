"""Run the tests as somebody else would, somewhere else, on another processor: `make test-elsewhere`.

What is varied, all at once: the user (an ordinary one, where root starts it), the home, a path with a space, the
locale, the time zone, the width of the terminal, the umask, Git's default branch, and the kernels that numerical
libraries choose, which give other digits. Arguments are handed to pytest in place of the selection below.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NOBODY = 65534
ORDINARY: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
VARIABLES = {
    "LC_ALL": "C",
    "TZ": "Asia/Kolkata",
    "COLUMNS": "50",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "init.defaultBranch",
    "GIT_CONFIG_VALUE_0": "trunk",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "default",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
}
# What trains, compares pages, prints numbers, times and tables, makes files, and names paths.
TRAINING = [f"tests/e2e/test_{name}.py" for name in ("audit", "results", "spaces", "caching", "registry")]
EVERYTHING = ["tests/unit", "tests/cli", "tests/template", *TRAINING]
# What a mask that leaves more to a file's group, and a single core, could change besides.
FILES = ["tests/unit/project", "tests/cli/library", "tests/cli/test_run.py", "tests/cli/test_record.py"]


def main(chosen: list[str]) -> int:
    place = Path(tempfile.mkdtemp(prefix="elsewhere-")) / "a place"
    try:
        place.mkdir()
        python, user = prepared(place)
        first = run(place, python, user, chosen or EVERYTHING, 0o077)
        return first or (0 if chosen else run(place, python, user, FILES, 0o002, cores=1))
    finally:
        shutil.rmtree(place.parent, ignore_errors=True)


def prepared(place: Path) -> tuple[Path, dict[str, Any]]:
    """Fill the place with a copy of the template; returns the interpreter of its tests, and who is to run it."""
    template = place / "template"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(template)], check=True)
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in filter(None, subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")):
        (template / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, template / name)
    (place / "home").mkdir()
    if os.geteuid() != 0:
        print("not root: the tests run as the user that you are")
        return Path(sys.executable), {}
    place.parent.chmod(0o755)
    base = interpreter_for_everybody()
    if base is None:
        print("root, and no Python of 3.11 or newer that an ordinary user may run: the tests run as root")
        return Path(sys.executable), {}
    subprocess.run([base, "-m", "venv", "--without-pip", template / ".venv"], check=True)
    sync = ["uv", "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "requirements.lock"]
    subprocess.run(sync, cwd=template, env={**os.environ, "VIRTUAL_ENV": str(template / ".venv")}, check=True)
    # All but what is installed, which are links into uv's cache.
    subprocess.run(["chown", str(NOBODY), place, template], check=True)
    owned = [place / "home", *(path for path in template.iterdir() if path.name != ".venv")]
    subprocess.run(["chown", "-R", str(NOBODY), *owned], check=True)
    return template / ".venv/bin/python", ORDINARY


def interpreter_for_everybody() -> Path | None:
    """The first Python on PATH that is new enough and that an ordinary user may run; root's own may be out of reach."""
    for folder in os.environ["PATH"].split(os.pathsep):
        found = Path(folder, "python3")
        check = [
            found,
            "-c",
            "import sys, venv, ssl; sys.exit(sys.version_info < (3, 11) or sys.prefix != sys.base_prefix)",
        ]
        try:
            if subprocess.run(check, capture_output=True, check=False, **ORDINARY).returncode == 0:
                return found
        except OSError:
            continue
    return None


def run(place: Path, python: Path, user: dict[str, Any], tests: list[str], umask: int, cores: int | None = None) -> int:
    """pytest's exit code; it says itself what failed."""
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    variables = {**os.environ, **VARIABLES, "HOME": str(place / "home"), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    options = ["-n", "2", "-p", "no:cacheprovider"]
    command = [python, "-m", "pytest", *options, "--basetemp", place / f"base temp {umask:03o}", *tests]
    how = {**user, "umask": umask, "preexec_fn": restricted_to(cores)}
    return subprocess.run(command, cwd=place / "template", env=variables, check=False, **how).returncode


def restricted_to(cores: int | None) -> Callable[[], None] | None:
    """What lets a process use so many cores and no more."""
    if cores is None or not hasattr(os, "sched_setaffinity"):
        return None
    return lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
