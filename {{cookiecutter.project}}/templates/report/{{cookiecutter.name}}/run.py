"""Count files and bytes; replace this with what your module reports."""

import json
from pathlib import Path
from typing import Any


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    found = report(inputs["{{ cookiecutter.input }}"])
    outputs["{{ cookiecutter.output }}"].write_text(json.dumps(found, indent=2) + "\n")


def report(path: Path) -> dict[str, int]:
    """How many files a file or folder is, and how many bytes."""
    files = [file for file in [path, *path.rglob("*")] if file.is_file()]
    return {"files": len(files), "bytes": sum(file.stat().st_size for file in files)}
