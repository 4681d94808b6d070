"""W3C PROV: artifacts as entities, runs as activities, people and the kit as agents (w3.org/TR/prov-dm)."""

import json
from datetime import datetime
from typing import Any

from kit import __version__
from kit.dvc.artifact import Artifact
from kit.exports.extras import needed
from kit.lineage import ExecutionNode, Subject

with needed("prov", "export"):
    from prov.model import PROV, PROV_LABEL, PROV_TYPE, ProvDocument


def prov_document(subject: Subject) -> ProvDocument:
    """The lineage as a PROV document."""
    document = ProvDocument()
    document.set_default_namespace("urn:kit:")
    document.add_namespace("kit", "urn:kit:")
    kit = document.agent("kit:kit", {PROV_TYPE: PROV["SoftwareAgent"], "kit:version": __version__})
    entities = {artifact: _entity(document, subject, artifact) for artifact in subject.trace.artifacts}
    for node in subject.executions:
        activity = _activity(document, node)
        document.wasAssociatedWith(activity, kit, _plan(document, node))
        user = (node.record or {}).get("machine", {}).get("user")
        if user:
            person = document.agent(f"kit:user/{_name(user)}", {PROV_TYPE: PROV["Person"], PROV_LABEL: user})
            document.wasAssociatedWith(activity, person)
        for dep in node.execution.inputs:
            document.used(activity, entities[dep])
        for out in node.execution.results:
            if out in entities:
                document.wasGeneratedBy(entities[out], activity)
                for dep in node.execution.inputs:
                    document.wasDerivedFrom(entities[out], entities[dep], activity)
    return document.unified()


def prov_json(subject: Subject) -> dict[str, Any]:
    """PROV-JSON (w3.org/submissions/prov-json)."""
    text = prov_document(subject).serialize(format="json")
    document: dict[str, Any] = json.loads(str(text))
    return document


def _entity(document: ProvDocument, subject: Subject, artifact: Artifact) -> Any:
    recorded = subject.recorded(artifact)
    known: dict[Any, Any] = {f"kit:{name}": digest for name, digest in subject.digests(artifact).items()}
    known |= {f"kit:{name}": recorded[name] for name in ("size", "type", "tensor_digest") if name in recorded}
    raw = subject.trace.artifacts[artifact].raw
    if raw:
        known |= {"kit:source": raw.source or "not declared", "kit:license": raw.license or "not declared"}
    name = f"kit:artifact/{_name(artifact.path)}/{artifact.hash[:16]}"
    return document.entity(name, {PROV_LABEL: artifact.path, **known})


def _activity(document: ProvDocument, node: ExecutionNode) -> Any:
    execution, record = node.execution, node.record
    known: dict[Any, Any] = {
        PROV_LABEL: execution.stage,
        "kit:command": execution.command,
        "kit:status": node.origin.status,
    }
    known["kit:params"] = json.dumps(execution.params, default=str, sort_keys=True)
    name = f"kit:run/{_name(execution.stage)}/{execution.id[:16]}"
    if record is None:
        return document.activity(name, other_attributes=known | {"kit:record": "not available"})
    known |= {
        "kit:environment_lock_sha256": record["environment"]["lock_sha256"],
        "kit:python": record["environment"]["python"],
        "kit:processor": record["machine"]["cpu"],
        "kit:device": record["device"]["kind"],
        "kit:threads": record["determinism"]["threads"],
        "kit:isolation": record["isolation"],
        "kit:commit": (record["code"] or {}).get("commit") or "none",
    }
    start, end = (datetime.fromisoformat(record[key]) for key in ("started", "finished"))
    return document.activity(name, start, end, known)


def _plan(document: ProvDocument, node: ExecutionNode) -> Any:
    code = node.execution.code
    if code is None:
        return None
    name = f"kit:code/{_name(code.path)}/{code.hash[:16]}"
    return document.entity(
        name, {PROV_TYPE: PROV["Plan"], PROV_LABEL: f"{code.path} {node.version}", "kit:md5": code.hash}
    )


def _name(text: str) -> str:
    """Text as the local part of a qualified name: all but letters, digits and ._/- is percent-encoded."""
    return "".join(char if char.isalnum() or char in "._/-" else f"%{ord(char):02X}" for char in text)
