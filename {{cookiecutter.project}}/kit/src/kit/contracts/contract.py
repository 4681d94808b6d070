"""A contract: one type that flows between modules, defined by a file in contracts/."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.formats.digest import sha256_of
from kit.formats.documents import Violation, read_yaml, schema_named, schema_problem, violation


@dataclass(frozen=True)
class Contract:
    """One file in contracts/: a type's name, its kind, the whole document, and the file's digest."""

    type: str
    kind: str
    document: dict[str, Any]
    sha256: str = ""

    @property
    def label(self) -> str:
        return f"contracts/{self.type}.yaml"


def load_contract(folder: Path, type_name: str) -> Contract:
    """The contract of a type, from the folder of all contracts.

    Raises:
        KitError: there is none, or it is invalid.
    """
    label = f"contracts/{type_name}.yaml"
    document = read_yaml(folder / f"{type_name}.yaml", label)
    problem = violation(document, schema_named("contract"))
    if not problem and document["kind"] == "json":
        problem = schema_problem(document["schema"])
        problem = problem and Violation(("schema", *problem.path), problem.message)
    if problem:
        raise KitError(str(problem), label, at=problem.path)
    return Contract(type_name, document["kind"], document, sha256_of(folder / f"{type_name}.yaml"))
