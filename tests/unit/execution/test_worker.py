"""The worker: the script that runs a module, in whatever Python the module has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.execution.standalone import worker


@pytest.mark.parametrize("flags", [[], ["-E"]], ids=["plain", "-E"])
def test_its_own_folder_is_not_on_the_path_of_a_python_without_safe_paths(flags: list[str], tmp_path: Path) -> None:
    """PYTHONSAFEPATH means something from Python 3.11 on; here it is not set, as if it meant nothing."""
    module = tmp_path / "module"
    module.mkdir()
    (module / "run.py").write_text(
        "import sys\ndef run(inputs, outputs, params): outputs['path'].write_text('\\n'.join(sys.path))\n"
    )
    job = {
        "module": str(module),
        "inputs": {},
        "outputs": {"path": str(tmp_path / "path")},
        "params": {},
        "report": str(tmp_path / "report.json"),
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, *flags, worker.__file__, str(tmp_path / "job.json")]
    subprocess.run(command, env=clean, cwd=tmp_path, check=True)
    first, *rest = (tmp_path / "path").read_text().splitlines()
    assert first == str(module)
    assert str(Path(worker.__file__).parent) not in rest
