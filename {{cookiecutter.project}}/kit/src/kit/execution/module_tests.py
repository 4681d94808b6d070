"""Run a module's tests in that module's environment, with pytest added from a separate one."""

import os
import subprocess
from pathlib import Path

from kit.environments.installed import site_packages
from kit.environments.lock import read_lock
from kit.environments.store import environment_in_use
from kit.errors import KitError
from kit.execution.process import variables_for
from kit.execution.runtime import runtime_of
from kit.project.module import Module

TOOLS = Path(__file__).parents[1] / "testtools" / "requirements.txt"
TOOLS_LABEL = "kit/testtools/requirements.txt"
# The tools come last on the path, so that a module's own packages win.
BOOTSTRAP = "import sys; sys.path.append(sys.argv.pop(1)); import pytest; sys.exit(pytest.main())"
# Settings of a project around it do not apply, and nothing is left behind.
ALONE = [f"--config-file={os.devnull}", "--rootdir=.", "--confcutdir=.", "-p", "no:cacheprovider"]
PYTEST = [*ALONE, "-q", "--color=auto", "test_module.py"]


def tests_pass(module: Module, scratch: Path) -> bool:
    """Whether test_module.py passes; pytest's own output streams through.

    Raises:
        KitError: there is no test, or no environment to run it in.
    """
    if not (module.folder / "test_module.py").is_file():
        raise KitError("is missing; every module has a test", f"{module.label}/test_module.py")
    tools_lock = read_lock(TOOLS, TOOLS_LABEL)
    with runtime_of(module) as runtime, environment_in_use(tools_lock, module.python, module.project) as tools:
        path = str(site_packages(tools.path))
        done = subprocess.run(
            [runtime.python, "-c", BOOTSTRAP, path, *PYTEST, f"--basetemp={scratch}"],
            cwd=module.folder,
            env=variables_for(module, scratch.parent),
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return done.returncode == 0
