"""A module as it is copied: its files, the contracts it names, the values of its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import yaml

from kit.environments.lock import parse_lock
from kit.errors import KitError
from kit.formats import yaml12
from kit.formats.digest import sha256_of_bytes, sha256_of_listing
from kit.formats.documents import parse_yaml, schema_named, violation
from kit.formats.front_matter import card_in
from kit.library.yaml_edit import section_lines
from kit.project.interface import types_of
from kit.project.module import REQUIRED_FILES


@dataclass(frozen=True)
class Package:
    """`files` by their path in the module's folder, `contracts` by type; `params` as in params.yaml."""

    name: str
    files: Mapping[str, bytes]
    contracts: Mapping[str, bytes]
    params: tuple[str, ...] | None
    commit: str | None

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the sorted list of (path, SHA-256) of files and contracts."""
        return tree_digest(self.files, self.contracts)

    @cached_property
    def contract(self) -> Mapping[str, Any]:
        """module.yaml."""
        found = yaml12.load(self.files["module.yaml"].decode())
        return found if isinstance(found, dict) else {}

    @property
    def version(self) -> str:
        return str(self.contract["version"])

    @property
    def card(self) -> Mapping[str, Any]:
        return card_in(self.files["README.md"])


def tree_digest(files: Mapping[str, bytes], contracts: Mapping[str, bytes]) -> str:
    """SHA-256 in hex over the list of (path, SHA-256), sorted as text: so it is kept in modules.lock."""
    listing = {f"module/{path}": data for path, data in files.items()}
    listing |= {f"contracts/{name}.yaml": data for name, data in contracts.items()}
    return sha256_of_listing((path, sha256_of_bytes(data)) for path, data in sorted(listing.items()))


def types_named(module_yaml: bytes, label: str) -> list[str]:
    """The contract types that a module's ports name.

    Raises:
        KitError: the text is not a module.yaml.
    """
    document = parse_yaml(module_yaml, label)
    if problem := violation(document, schema_named("module")):
        raise KitError(str(problem), label)
    return types_of(document)


def checked(package: Package, label: str) -> Package:
    """The same package, with all its parts checked.

    Raises:
        KitError: a file is missing or not text, or the lock would install something without pin and hashes.
    """
    for file, why in REQUIRED_FILES.items():
        if file not in package.files:
            raise KitError(f"has no {file} ({why}); nothing was added", label)
    contracts = {f"contracts/{name}.yaml": data for name, data in package.contracts.items()}
    for path, data in [*package.files.items(), *contracts.items()]:
        try:
            data.decode()
        except UnicodeDecodeError:
            raise KitError(f"{path} is not UTF-8 text; nothing was added", label) from None
    lock = PurePosixPath("modules", package.name, "requirements.txt")
    parse_lock(package.files["requirements.txt"].decode(), lock, f"{label}: requirements.txt")
    for path, data in contracts.items():
        document = parse_yaml(data, f"{label}: {path}")
        if problem := violation(document, schema_named("contract")):
            raise KitError(f"{path}: {problem}; nothing was added", label)
    return package


def params_in(params_yaml: bytes | None, name: str) -> tuple[str, ...] | None:
    """A module's section of params.yaml."""
    try:
        lines = section_lines((params_yaml or b"").decode(), name)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    return None if lines is None else tuple(lines)
