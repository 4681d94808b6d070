"""Make requirements.txt from requirements.in."""

import re
from pathlib import Path

from kit.environments.lock import NOTICE, SEAL, logical_lines, seal_of
from kit.environments.uv import WHEELS_ONLY, run_uv
from kit.errors import KitError


def write_lock(folder: Path, python: str, upgrade: bool = False) -> None:
    """Make requirements.txt from requirements.in, for every platform; pins that still fit are kept.

    Raises:
        KitError: requirements.in is missing or cannot be resolved, or only a local build satisfies it.
    """
    source, label = folder / "requirements.in", f"modules/{folder.name}/requirements.in"
    if not source.is_file():
        raise KitError("is missing; list the module's direct dependencies in it, if any", label)
    body = _compile(folder, python, upgrade, label)
    for _, line in logical_lines(body):
        if re.match(r"[\w.-]+==\S*\+", line):
            message = f"resolves to the local build {line.split()[0]}, which others cannot get"
            raise KitError(f"{message}; unset UV_FIND_LINKS or the index that offers it", label)
    # Written next to it and renamed, so that a lock is never incomplete.
    fresh = folder / ".requirements.txt.new"
    fresh.write_text(f"{NOTICE}{SEAL}{seal_of(folder, python, body)}\n{body}", encoding="utf-8")
    fresh.replace(folder / "requirements.txt")


def _compile(folder: Path, python: str, upgrade: bool, label: str) -> str:
    """What uv pip compile prints; run in the folder, so that annotations name no path of this machine."""
    command = ["pip", "compile", WHEELS_ONLY, "--universal", "--generate-hashes", "--no-header", "--quiet"]
    kept = folder / ".requirements.txt.kept"
    if not upgrade and (folder / "requirements.txt").is_file():
        kept.write_bytes((folder / "requirements.txt").read_bytes())
    try:
        done = run_uv([*command, "--python-version", python, "-o", kept.name, "requirements.in"], cwd=folder)
        if done.returncode:
            raise KitError(f"cannot be locked: {done.message}", label)
        return kept.read_text(encoding="utf-8")
    finally:
        kept.unlink(missing_ok=True)
