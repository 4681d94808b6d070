"""Read untrusted YAML and JSON, and check it against a JSON Schema."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema_specifications import REGISTRY
from referencing.exceptions import Unresolvable
from yaml import MarkedYAMLError, YAMLError

from kit.errors import KitError, one_line
from kit.formats import yaml12


def read_yaml(path: Path, label: str) -> Any:
    """The document in a YAML 1.2 file; `label` is the file's name in messages.

    Raises:
        KitError: the file is missing or invalid YAML, a duplicate key included.
    """
    try:
        return parse_yaml(path.read_bytes(), label)
    except FileNotFoundError:
        raise KitError("is missing", label) from None


def parse_yaml(data: bytes, label: str) -> Any:
    """The document in a YAML 1.2 text.

    Raises:
        KitError: it is invalid YAML, a duplicate key included.
    """
    try:
        return yaml12.load(data.decode())
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise KitError(f"invalid YAML: {error.problem or error.context}", label, line) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise KitError(f"invalid YAML: {one_line(error)}", label) from None


def read_text(path: Path, label: str) -> str:
    """A text file; empty where there is none.

    Raises:
        KitError: it is not in UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except UnicodeDecodeError as error:
        raise KitError(f"is not UTF-8 text: {error.reason} at byte {error.start}", label) from None


def read_json(path: Path) -> Any:
    """The document in a JSON file; NaN and Infinity, which JSON does not have, are refused.

    Raises:
        ValueError: the file is not JSON.
    """

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not a JSON number")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


@cache
def schema_named(name: str) -> dict[str, Any]:
    """A JSON Schema that ships with the kit."""
    text = (resources.files("kit") / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@dataclass(frozen=True)
class Violation:
    """Where a document violates a schema (keys and indices), and how."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        field = ".".join(str(step) for step in self.path)
        return f"{field}: {self.message}" if field else self.message


def violation(document: Any, schema: dict[str, Any]) -> Violation | None:
    """The most relevant violation of a schema in a document; None if there is none.

    References are resolved within the schema and JSON Schema's own, and never downloaded.
    """
    try:
        error = best_match(_validator(schema).iter_errors(document))
    except Unresolvable as unresolvable:
        return Violation((), f"the schema refers to {unresolvable.ref}, which is not in it")
    return Violation(tuple(error.absolute_path), str(error.message)) if error else None


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=REGISTRY)


def schema_problem(schema: Any) -> Violation | None:
    """Why a document is not a valid JSON Schema; None if it is one."""
    return violation(schema, Draft202012Validator.META_SCHEMA)
