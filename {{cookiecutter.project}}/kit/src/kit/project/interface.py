"""A module's interface: its ports, their types and its parameters. A change of it needs a new major version."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from kit.formats import yaml12

# What explains without deciding anything.
WORDS = {"description", "title", "default", "examples"}


def interface_digest(contract: Mapping[str, Any], types: Mapping[str, bytes | None]) -> str:
    """SHA-256 of a module.yaml's family, ports and parameters and of the contracts in `types`, without descriptions."""
    interface = {part: contract.get(part) for part in ("family", "inputs", "outputs", "params")}
    documents = {name: _document(types.get(name)) for name in types_of(contract)}
    return document_digest({"module": interface, "types": documents})


def document_digest(document: Any) -> str:
    """SHA-256 of a document, whatever the order of its keys, without what explains."""
    text = json.dumps(_bare(document), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def types_of(contract: Mapping[str, Any]) -> list[str]:
    """The types that a module's ports name."""
    ports = [port for side in ("inputs", "outputs") for port in _mapping(contract.get(side)).values()]
    return sorted({str(port["type"] if isinstance(port, dict) else port) for port in ports})


def _document(data: bytes | None) -> Any:
    try:
        return yaml12.load((data or b"").decode())
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _bare(item) for key, item in value.items() if key not in WORDS or isinstance(item, dict)}
