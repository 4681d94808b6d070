"""Models: the artifacts of dvc.yaml, and the runs that made them."""

import hashlib
import json
from dataclasses import dataclass

from kit.dvc.artifact import Artifact
from kit.errors import KitError
from kit.formats.documents import read_yaml
from kit.lineage import Execution, History, Revision, Subject, result_at, subject_of
from kit.project.interface import document_digest
from kit.project.project import Project

CONTRACT = "contract.json"


@dataclass(frozen=True)
class Model:
    """A model: an entry of `artifacts:` in dvc.yaml, at a revision."""

    name: str
    artifact: Artifact
    maker: Execution


def model_paths(project: Project) -> dict[str, str]:
    """Model to its path in dvc.yaml."""
    document = read_yaml(project.root / "dvc.yaml", "dvc.yaml")
    found = document.get("artifacts") if isinstance(document, dict) else None
    return {str(name): str(entry["path"]) for name, entry in (found or {}).items() if "path" in (entry or {})}


def model_at(project: Project, revision: Revision, name: str) -> Model:
    """A model in the lock of a revision.

    Raises:
        KitError: dvc.yaml names no such model, or no stage made it.
    """
    paths = model_paths(project)
    if name not in paths:
        known = ", ".join(paths) or "none; add one under artifacts:"
        raise KitError(f"artifacts has no {name}; models: {known}", "dvc.yaml")
    artifact, maker = result_at(revision, paths[name]), revision.graph.makers.get(paths[name])
    if artifact is None or maker is None:
        raise KitError(f"no stage has made it at {revision.name}; run `dvc repro` and commit dvc.lock", paths[name])
    return Model(name, artifact, maker)


def lineage_of(history: History, model: Model, rev: str | None) -> Subject:
    """The model with everything that it was made from."""
    return subject_of(history, model.artifact.path, rev)


def interface_of(project: Project, model: Model) -> str:
    """SHA-256 of what users of the model rely on: its contract.json, if it is a folder with one; else its path's name.

    Raises:
        KitError: the model is not on this machine.
    """
    place = project.root / model.artifact.path
    if not place.exists():
        raise KitError(f"is not here; `dvc pull {model.artifact.path}` fetches it", model.artifact.path)
    contract = place / CONTRACT
    if not contract.is_file():
        return hashlib.sha256(place.suffix.encode()).hexdigest()
    try:
        return document_digest(json.loads(contract.read_text(encoding="utf-8")))
    except ValueError as error:
        raise KitError(f"invalid JSON: {error}", f"{model.artifact.path}/{CONTRACT}") from None
