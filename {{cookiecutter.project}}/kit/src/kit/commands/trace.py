"""`kit trace FILE|HASH|STAGE`: everything that a result came from."""

import json
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kit.formats.flat import flat
from kit.lineage import (
    ArtifactNode,
    ExecutionNode,
    History,
    Step,
    Trace,
    conflicts,
    licenses,
    project_history,
    project_license,
    target_of,
    trace,
)
from kit.project.raw_data import RawData
from kit.report.run_record_text import changes, environment, hardware, started


def main(arguments: Namespace) -> int:
    history = project_history()
    target = target_of(history, arguments.target, arguments.rev, Path.cwd())
    found = trace(history, target)
    steps = list(found.steps(arguments.depth))
    if arguments.format == "json":
        print(json.dumps([document(step) for step in steps], indent=2))
        return 0
    print(f"at {found.revision.name}")
    for step in steps:
        for line in lines(step, history):
            print("  " * step.level + line)
    if arguments.licenses:
        print("\n".join(_license_lines(found)))
    return 0


def lines(step: Step, history: History) -> Iterator[str]:
    """A node in one to three lines."""
    if isinstance(step.node, ArtifactNode):
        yield artifact_line(step.node)
    elif step.seen:
        yield f"← {step.node.execution.stage} (above)"
    else:
        yield from execution_lines(step.node, history)


def artifact_line(node: ArtifactNode) -> str:
    parts = [node.artifact.path, f"md5 {node.artifact.hash[:12]}", str(node.state)]
    if node.raw:
        parts.append(_raw(node.raw))
    return ", ".join(parts) + (f"; {node.note}" if node.note else "")


def _raw(raw: RawData) -> str:
    source = f"from {raw.source}" if raw.source else "source not declared"
    return f"raw data, {source}, licence {raw.license or 'not declared'}"


def execution_lines(node: ExecutionNode, history: History) -> Iterator[str]:
    execution, record = node.execution, node.record
    module = f"{execution.module} {node.version}" if execution.module else execution.command
    yield f"← {execution.stage}: {module}, {_origin(node, history)}"
    params = ", ".join(f"{name}={value}" for name, value in flat(execution.settings))
    if params:
        yield f"    params {params}"
    if record is None:
        locked = node.source.lock if node.source else None
        yield f"    lock {locked.sha256[:12] if locked else 'unknown'}; hardware unknown: {node.record_problem}"
        return
    yield f"    {environment(record)}; {hardware(record)}, isolation {record['isolation']}"
    if record["training"]:
        weights = [f"{port} {digest[:12]}" for port, digest in record["training"]["initial_weights"].items()]
        yield f"    started from {', '.join(weights) or 'no weights'}"


def _origin(node: ExecutionNode, history: History) -> str:
    since = f" in {_commit(history, node.origin.since)}" if node.origin.since else ", not committed"
    why = f" ({node.origin.why})" if node.origin.why else ""
    if node.record is None:
        return f"results{since}, executed or restored: unknown"
    return f"{node.origin.status}{since}{why}, {started(node.record)}{changes(node.record)}"


def _commit(history: History, commit: str) -> str:
    names = history.names_of(commit)
    return commit[:8] + (f" ({', '.join(names[:3])})" if names else "")


def dated(history: History, commit: str) -> str:
    """A commit and its date."""
    found = history.commits.get(commit)
    return f"{commit[:8]} {datetime.fromtimestamp(found.time, UTC):%Y-%m-%d}" if found else commit[:8]


def _license_lines(found: Trace) -> Iterator[str]:
    flowing = licenses(found)
    yield "\nlicences that apply"
    for license in flowing:
        credit = f", credit: {license.credit}" if license.credit else ""
        yield f"  {license.license or 'NOT DECLARED'}: {license.subject} ({license.kind}){credit}"
    problems = list(conflicts(flowing, project_license(found.revision.files)))
    yield "conflicts: none found" if not problems else "conflicts"
    yield from (f"  {problem}" for problem in problems)


def document(step: Step) -> dict[str, Any]:
    """A node for machines."""
    node = step.node
    if isinstance(node, ArtifactNode):
        raw = {"source": node.raw.source, "license": node.raw.license} if node.raw else None
        artifact = {"path": node.artifact.path, "md5": node.artifact.hash, "state": node.state}
        return {"level": step.level, "kind": "artifact", **artifact, "raw": raw, "note": node.note}
    execution = node.execution
    return {
        "level": step.level,
        "kind": "execution",
        "stage": execution.stage,
        "module": execution.module,
        "version": node.version,
        "params": execution.settings,
        "status": node.origin.status,
        "since": node.origin.since,
        "record": node.record,
        "problem": node.record_problem,
    }
