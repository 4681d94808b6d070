"""An in-toto Statement v1 with a SLSA Provenance v1 predicate (slsa.dev/spec/v1.1/provenance)."""

from collections.abc import Iterator
from typing import Any

from kit import __version__
from kit.dvc.artifact import Artifact
from kit.lineage import ExecutionNode, Subject

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:kit:dvc-pipeline:v1"
# Who runs the pipeline controls the machine and this file, so the statement attests no higher level.
LEVEL = "SLSA Build L1 at most: made by the user's own machine, not by a hosted build platform"


def statement(subject: Subject) -> dict[str, Any]:
    """The document; its subjects are the results, its dependencies everything that they were made from."""
    ran = [node for node in subject.executions if node.record]
    hosts = sorted({node.record["machine"]["host"] for node in ran if node.record})
    starts = sorted(node.record["started"] for node in ran if node.record)
    metadata: dict[str, Any] = {"invocationId": f"urn:kit:lineage:{subject.lineage_digest}"}
    if starts:
        metadata |= {"startedOn": _time(starts[0]), "finishedOn": _time(subject.finished.isoformat())}
    return {
        "_type": STATEMENT,
        "subject": [{"name": result.path, "digest": _digest(subject, result)} for result in subject.results],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"stages": {node.execution.stage: _stage(node) for node in subject.executions}},
                "internalParameters": {"kit_level": LEVEL},
                "resolvedDependencies": list(_dependencies(subject)),
            },
            "runDetails": {
                "builder": {
                    "id": f"urn:kit:machine:{hosts[0] if hosts else 'unknown'}",
                    "version": {"kit": __version__},
                },
                "metadata": metadata,
                "byproducts": [
                    {"name": record.path, "digest": _digest(subject, record)}
                    for node in subject.executions
                    if (record := node.execution.record)
                ],
            },
        },
    }


def _stage(node: ExecutionNode) -> dict[str, Any]:
    execution = node.execution
    module = {"name": execution.module, "version": node.version} if execution.module else None
    return {"command": execution.command, "module": module, "params": execution.params}


def _dependencies(subject: Subject) -> Iterator[dict[str, Any]]:
    """Raw data, then the code and the lock of every module."""
    results = set(subject.results)
    for data in sorted(subject.trace.raw, key=lambda node: node.artifact):
        if data.artifact not in results:
            origin = {"source": data.raw.source} if data.raw and data.raw.source else {}
            yield _described(data.artifact.path, _digest(subject, data.artifact), {"role": "raw data"} | origin)
    if subject.commit:
        commit = {"gitCommit": subject.commit}
        yield _described("source", commit, {"role": "source", "tree": subject.revision.name})
    for node in subject.executions:
        if node.execution.code:
            yield _described(node.execution.code.path, _digest(subject, node.execution.code), {"role": "code"})
        if node.source and node.source.lock:
            path = f"modules/{node.execution.module}/requirements.txt"
            yield _described(
                path, {"sha256": node.source.lock.sha256}, {"role": "environment: its requirements, joined"}
            )


def _described(name: str, digest: dict[str, str], annotations: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "digest": digest, "annotations": annotations}


def _digest(subject: Subject, artifact: Artifact) -> dict[str, str]:
    return subject.digests(artifact)


def _time(iso: str) -> str:
    """RFC 3339 in UTC, as protobuf's timestamps want it."""
    return iso.replace("+00:00", "Z")
