"""Call the uv that came with the kit."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from kit.confinement.landlock import launcher

# What builds a source archive would be neither pinned nor hashed, so only wheels are taken.
WHEELS_ONLY = "--no-build"


@dataclass(frozen=True)
class Done:
    """How a call of uv ended."""

    returncode: int
    output: str
    errors: str

    @property
    def message(self) -> str:
        """What uv complained about, in one line."""
        lines = [line.strip(" ×├─▶╰│") for line in self.errors.splitlines()]
        return " ".join(filter(None, lines)) or "uv failed"


def run_uv(arguments: list[str], cwd: Path | None = None) -> Done:
    """Run uv and wait; its own variables (UV_INDEX_URL, …) work as usual."""
    environment = {**os.environ, "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}
    environment.pop("VIRTUAL_ENV", None)
    command = [*launcher(), find_uv_bin(), *arguments]  # a build must not go on after a kit that was killed
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)
