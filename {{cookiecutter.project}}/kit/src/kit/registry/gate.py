"""The gate's decision, from the file that pyproject.toml names."""

import json
from dataclasses import dataclass

from kit.dvc.artifact import Artifact
from kit.errors import KitError
from kit.lineage import History, Revision, StalenessChecker, content_of, result_at
from kit.project.settings import pyproject

SETTING = "pyproject.toml: [tool.kit.gate] decision"


@dataclass(frozen=True)
class Decision:
    """Whether the gate accepts, and a reason for each requirement that is missed; `artifact` is where that stands."""

    artifact: Artifact
    accepted: bool
    reasons: tuple[str, ...]


def decision_at(history: History, revision: Revision) -> Decision | None:
    """The gate's decision at a revision; None where the project has no gate, or no stage for it yet.

    Raises:
        KitError: the file that pyproject.toml names is not an out of a stage, is out of date, or is not a decision.
    """
    path = pyproject(revision.files, "tool", "kit", "gate").get("decision")
    if path is None or str(path).encode() not in (revision.files.read("dvc.yaml") or b""):
        return None
    if revision.commit is None and (maker := revision.graph.makers.get(str(path))):
        outdated = StalenessChecker(history, allow_missing=True).outdated(maker.stage)
        if outdated:
            raise KitError(f"is out of date; `dvc repro` runs {', '.join(outdated)}", path)
    artifact = result_at(revision, str(path))
    if artifact is None:
        raise KitError(f"{SETTING} = {path}: has not been made yet; run `dvc repro`")
    data = content_of(history, revision, artifact)
    try:
        document = json.loads(data or b"null")
        accepted, reasons = document["accepted"], document.get("reasons", [])
    except (ValueError, TypeError, KeyError, AttributeError):
        said = "is not here; `dvc pull` fetches it" if data is None else "has no `accepted: true` or `false`"
        raise KitError(said, path) from None
    return Decision(artifact, accepted is True, tuple(map(str, reasons)))
