"""The records that `lab.py` writes are of the shape that a run has."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lab import chain

from kit.formats.documents import schema_named, violation

Kit = Callable[..., tuple[int, str, str]]
# What is named by the user, or by what the machine happens to have: any keys.
FREE = {"params", "contracts", "inputs", "outputs", "training.initial_weights", "determinism.variables"}


def shape(document: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every place in a record with the type of what stands there; of a free mapping one item stands for all."""
    is_number = isinstance(document, int | float) and not isinstance(document, bool)
    yield at, "number" if is_number else type(document).__name__
    if isinstance(document, dict):
        for name, value in document.items():
            yield from shape(value, f"{at}.*" if at in FREE else f"{at}.{name}".lstrip("."))


def committed(project: Path) -> None:
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    for command in (["init", "--quiet"], ["add", "--all"], [*identity, "commit", "--quiet", "--message", "Start"]):
        subprocess.run(["git", *command], cwd=project, check=True)


def test_a_record_of_the_lab_has_the_shape_of_a_run(project: Path, kit: Kit, tmp_path: Path) -> None:
    committed(project)
    assert kit("run", "double")[0] == 0
    real = json.loads((project / "artifacts/double/run.json").read_text())
    made = json.loads(chain(tmp_path / "lab").read("artifacts/split/run.json"))
    where_confined = {"landlock_abi", "network"}
    for record in (real, made):
        record["params"] = record["contracts"] = {}
        record["determinism"]["seed"] = None  # a parameter, which this module has not
        for name in where_confined:
            record.pop(name, None)
    assert list(made) == list(real)
    assert dict(shape(made)) == dict(shape(real))


def test_a_record_of_weights_in_the_lab_is_of_the_published_schema(tmp_path: Path) -> None:
    lab = chain(tmp_path / "lab")
    for stage in lab.stages:
        assert violation(json.loads(lab.read(f"artifacts/{stage}/run.json")), schema_named("run")) is None
