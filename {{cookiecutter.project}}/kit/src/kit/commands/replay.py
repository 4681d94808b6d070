"""`kit replay STAGE|FILE`: run a stage again in a clean clone, and compare."""

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.formats.filesize import decimal
from kit.lineage import Agreement, Replay, project_history, replay, target_of


def main(arguments: Namespace) -> int:
    history = project_history()
    target = target_of(history, arguments.target, arguments.rev, Path.cwd())
    execution = target.execution or (target.artifact and target.revision.graph.maker(target.artifact))
    if not execution:
        raise KitError(f"{arguments.target}: no stage made it, so there is nothing to run again")
    done = replay(history, target.revision, execution)
    if arguments.format == "json":
        print(json.dumps(asdict(done) | {"level": done.level.words}, indent=2, default=str))
    else:
        print("\n".join(lines(done)))
    return int(done.level > Agreement.METRIC_WITHIN_TOLERANCE)


def lines(done: Replay) -> Iterator[str]:
    """The verdict, each result, and both machines side by side."""
    yield f"{done.stage}: {done.level.words}"
    for verdict in done.verdicts:
        yield f"  {verdict.path}: {verdict.level.words}{f' ({verdict.detail})' if verdict.detail else ''}"
    for cause in done.causes:
        yield f"  {cause.kind}: {cause.summary}"
    yield ""
    before, after = machine(done.recorded), machine(done.now)
    width = max(len(value) for value in before.values())
    name = max(len(key) for key in before)
    yield f"{'':<{name}}  {'recorded':<{width}}  now"
    for key, value in before.items():
        mark = "" if value == after[key] else "  *"
        yield f"{key:<{name}}  {value:<{width}}  {after[key]}{mark}"


def machine(record: Mapping[str, Any] | None) -> dict[str, str]:
    """What may make a difference, as text; all unknown without a record."""
    names = ("host", "processor", "memory", "system", "device", "threads", "Python", "lock", "isolation", "seconds")
    if record is None:
        return dict.fromkeys(names, "unknown")
    device, here = record["device"], record["machine"]
    cards = ", ".join(gpu["name"] for gpu in device["gpus"])
    values = (
        here["host"],
        f"{here['cpu']}, {here['cores']} cores",
        decimal(here["memory_bytes"]) if here["memory_bytes"] else "unknown",
        here["system"],
        f"{cards} (driver {device['driver']}, CUDA {device['cuda']})" if cards else device["kind"],
        str(record["determinism"]["threads"]),
        record["environment"]["python"],
        record["environment"]["lock_sha256"][:12],
        record["isolation"],
        f"{record['duration_s']:.1f}",
    )
    return dict(zip(names, map(str, values), strict=True))
