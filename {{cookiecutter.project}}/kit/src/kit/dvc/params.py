"""Parameters as DVC reads them: from YAML, JSON, TOML and Python files, whole or by dotted names (3.67.1)."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import dpath
from dvc.utils.serialize import ParseError
from dvc.utils.serialize._py import parse_py

from kit.errors import KitError, one_line
from kit.formats.documents import parse_yaml

DEFAULT = "params.yaml"
MISSING = object()


def read_params(data: bytes, path: str) -> dict[str, Any]:
    """What a file of parameters holds.

    Raises:
        KitError: it is not of the format that its name's ending tells, or holds no names and values.
    """
    try:
        document = _parse(data, path)
    except (ValueError, ParseError, RecursionError) as error:
        raise KitError(f"is not a file of parameters: {one_line(error)}", path) from None
    if not isinstance(document, dict | None):
        raise KitError(f"must be a mapping of names to values, not a {type(document).__name__}", path)
    return document or {}


def _parse(data: bytes, path: str) -> Any:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in (".toml", ".json", ".py"):
        return parse_yaml(data, path)
    text = data.decode("utf-8-sig")
    if suffix == ".py":
        return parse_py(text, path)
    return tomllib.loads(text) if suffix == ".toml" else json.loads(text)


def values_in(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Name to value, of those names that are there; without any names, everything at the top.

    A name leads through mappings and lists by dots, and may hold a pattern, as in `model.*.lr` (dpath).
    """
    wanted = list(names)
    if not wanted:
        return dict(document)
    found = {name: _value(document, name) for name in wanted}
    return {name: value for name, value in found.items() if value is not MISSING}


def _value(document: Any, name: str) -> Any:
    value = document
    for step in name.split("."):
        if not isinstance(value, Mapping) or step not in value:
            break
        value = value[step]
    else:
        return value
    try:
        return dpath.get(document, name, separator=".")
    except (KeyError, ValueError):  # none, or several
        return MISSING


def changed_params(
    names: Iterable[str], recorded: Mapping[str, Any] | None, document: Mapping[str, Any]
) -> dict[str, Any]:
    """Name to value now, MISSING where there is none, of what differs from what dvc.lock has of a file.

    Args:
        names: what a stage declares of the file; none for the whole file.
        recorded: name to value in dvc.lock; None where it has nothing of the file.
    """
    here, known = values_in(document, names), recorded or {}
    wanted = list(names) or dict.fromkeys([*here, *known])
    return {
        name: here.get(name, MISSING)
        for name in wanted
        if name not in here or name not in known or not same_value(known[name], here[name])
    }


def same_value(recorded: Any, present: Any) -> bool:
    """Whether DVC takes two values for equal; a Python file's tuple is recorded as a list."""
    return bool(recorded == (list(present) if isinstance(present, tuple) else present))
