"""The outputs of the small project's stage, where it has three: as they lie, and whether they are of one run."""

import hashlib
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

Kit = Callable[..., tuple[int, str, str]]
ARTIFACTS = Path("artifacts/double")
RECORD = ARTIFACTS / "run.json"
KIT = f"{shlex.quote(sys.executable)} -m kit"
OUTPUTS = ["doubled.csv", "second.csv", "third.csv"]


def state() -> dict[str, str]:
    """The outputs and the record, as they lie there."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(ARTIFACTS.iterdir())}


def assert_of_one_run() -> int:
    """Every output is whole and the one that the record speaks of; returns that run's factor."""
    record = json.loads(RECORD.read_text())
    assert {path.name for path in ARTIFACTS.iterdir()} == {*OUTPUTS, "run.json"}
    for entry in record["outputs"].values():
        assert hashlib.sha256(Path(entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    return int(record["params"]["factor"])


def assert_recovers(kit: Kit) -> None:
    assert kit("run", "double")[0] == 0
    assert assert_of_one_run() == 3
    assert [path.name for path in Path(".kit/staging").iterdir()] == ["double.lock"]
