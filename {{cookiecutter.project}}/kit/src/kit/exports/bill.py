"""A CycloneDX 1.6 bill of materials of a model (cyclonedx.org/docs/1.6): weights, data, code and packages."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

from kit import __version__
from kit.dvc.artifact import Artifact
from kit.lineage import ArtifactNode, ExecutionNode, Subject

ALGORITHMS = {"sha256": "SHA-256", "md5": "MD5"}
WEIGHTS = ".safetensors"


def bill(subject: Subject) -> dict[str, Any]:
    """The document; the first result is its subject."""
    model = subject.results[0]
    parts = [*_artifacts(subject, model), *_modules(subject), *_packages(subject)]
    about = _component(subject, model) | {"modelCard": _model_card(subject)}
    about["type"] = "machine-learning-model"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'urn:kit:lineage:{subject.lineage_digest}')}",
        "version": 1,
        "metadata": {
            "timestamp": subject.finished.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "kit", "version": __version__}]},
            "component": about,
        },
        "components": parts,
        "dependencies": list(_dependencies(subject, model)),
    }


def _reference(artifact: Artifact) -> str:
    return f"{artifact.path}@{artifact.hash}"


def _component(subject: Subject, artifact: Artifact) -> dict[str, Any]:
    kind = "machine-learning-model" if artifact.path.endswith(WEIGHTS) else "data"
    component: dict[str, Any] = {
        "type": kind,
        "bom-ref": _reference(artifact),
        "name": artifact.path,
        "version": artifact.hash[:12],
        "hashes": [{"alg": ALGORITHMS[name], "content": value} for name, value in subject.digests(artifact).items()],
    }
    known = subject.recorded(artifact).get("tensor_digest")
    if known:
        component["properties"] = [{"name": "kit:tensor_digest", "value": known}]
    return component


def _artifacts(subject: Subject, model: Artifact) -> Iterator[dict[str, Any]]:
    for artifact, node in sorted(subject.trace.artifacts.items()):
        if artifact != model:
            yield _component(subject, artifact) | _declared(node)


def _declared(node: ArtifactNode) -> dict[str, Any]:
    """Licence and origin of raw data."""
    if node.raw is None:
        return {}
    declared: dict[str, Any] = {"licenses": [{"license": {"name": node.raw.license}}]} if node.raw.license else {}
    if node.raw.source:
        declared["description"] = f"from {node.raw.source}"
    return declared


def _modules(subject: Subject) -> Iterator[dict[str, Any]]:
    seen = set()
    for node in subject.executions:
        code = node.execution.code
        if code and code not in seen:
            seen.add(code)
            license = subject.card(node.execution.module).get("license")
            yield {
                "type": "library",
                "bom-ref": _reference(code),
                "name": code.path,
                "version": node.version,
                "properties": [{"name": "kit:dvc_md5", "value": code.hash}],
                **({"licenses": [{"license": {"name": str(license)}}]} if license else {}),
            }


def _packages(subject: Subject) -> Iterator[dict[str, Any]]:
    """Every locked package once; a lock holds the hashes of all its files, of which one was installed."""
    for name, version in sorted({pin for node in subject.executions for pin in _pins(node)}):
        yield {
            "type": "library",
            "bom-ref": _purl(name, version),
            "name": name,
            "version": version,
            "purl": _purl(name, version),
        }


def _pins(node: ExecutionNode) -> Iterator[tuple[str, str]]:
    for name, versions in (node.source.pins if node.source else {}).items():
        yield from ((name, version) for version in versions)


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version.replace('+', '%2B')}"


def _dependencies(subject: Subject, model: Artifact) -> Iterator[dict[str, Any]]:
    """Dependencies: each result on what was read and on the code that ran; code on its packages."""
    known = {*subject.trace.artifacts, model}
    for node in subject.executions:
        execution = node.execution
        read = [_reference(dep) for dep in execution.deps if dep in known or dep == execution.code]
        yield from (
            {"ref": _reference(out), "dependsOn": sorted(set(read))} for out in execution.results if out in known
        )
    seen = set()
    for node in subject.executions:
        code = node.execution.code
        if code and code not in seen:
            seen.add(code)
            yield {"ref": _reference(code), "dependsOn": sorted({_purl(*pin) for pin in _pins(node)})}


def _model_card(subject: Subject) -> dict[str, Any]:
    """What CycloneDX calls a model card: data, measured metrics, declared limits."""
    raw = [{"ref": _reference(node.artifact)} for node in sorted(subject.trace.raw, key=lambda node: node.artifact)]
    cards = [subject.card(node.execution.module) for node in subject.executions if node.execution.module]
    limits = [str(limit) for card in cards for limit in card.get("failure_modes") or []]
    uses = [str(assumption) for card in cards for assumption in card.get("assumptions") or []]
    metrics = [
        {"type": re.sub(r".*:", "", name), "value": repr(value), "slice": name} for name, value in subject.metrics()
    ]
    card: dict[str, Any] = {"modelParameters": {"datasets": raw}}
    if metrics:
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    considerations = {"technicalLimitations": list(dict.fromkeys(limits)), "useCases": list(dict.fromkeys(uses))}
    card["considerations"] = {name: entries for name, entries in considerations.items() if entries}
    return card
