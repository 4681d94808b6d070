"""Call the uv that came with the kit."""

import os
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from kit.confinement import children

# What builds a source archive would be neither pinned nor hashed, so only wheels are allowed.
WHEELS_ONLY = "--no-build"


@dataclass(frozen=True)
class Done:
    """The outcome of a call of uv."""

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
    done = children.run([find_uv_bin(), *arguments], cwd, environment)  # a build must not outlive a kit that was killed
    return Done(done.returncode, done.stdout, done.stderr)
