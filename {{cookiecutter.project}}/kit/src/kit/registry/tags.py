"""Versions and stages of models as GTO keeps them: one annotated Git tag for each event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from kit.errors import KitError
from kit.git.command import run_git
from kit.git.repository import Repository, open_repository

ROLLBACK = "Roll back"
ASSIGNED, UNASSIGNED = "assignment", "unassignment"  # GTO's words for its events


@dataclass(frozen=True)
class Version:
    """A registered version: MODEL@vX.Y.Z."""

    name: str
    commit: str
    time: datetime
    by: str
    message: str

    @property
    def numbers(self) -> tuple[int, int, int]:
        major, minor, patch = self.name.removeprefix("v").split(".")[:3]
        return int(major), int(minor), int(patch.partition("-")[0])

    def line(self, key: str) -> str | None:
        """The value of a line `KEY: VALUE` in the tag's message."""
        found = (line.partition(": ") for line in self.message.splitlines())
        return next((value for name, _, value in found if name == key), None)


@dataclass(frozen=True)
class Assignment:
    """A version put into a stage: MODEL#STAGE#N."""

    stage: str
    version: str
    time: datetime
    by: str
    message: str


class Registry:
    """The versions and stages of models that the tags of a repository record."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repository: Repository = open_repository(root)

    def full_name(self, model: str) -> str:
        """The name as GTO writes it: with the folder of dvc.yaml, unless that is the repository's root."""
        prefix = self.repository.prefix.rstrip("/")
        return f"{prefix}:{model}" if prefix else model

    @cached_property
    def _artifacts(self) -> Mapping[str, object]:
        from gto.registry import GitRegistry

        with GitRegistry.from_url(self._top) as registry:
            found: Mapping[str, object] = registry.get_artifacts()
            return found

    @cached_property
    def _top(self) -> str:
        return run_git(self.root, "rev-parse", "--show-toplevel").text.strip()

    def models(self) -> list[str]:
        """Every model that has a version."""
        prefix = self.repository.prefix.rstrip("/")
        names = [name.rpartition(":") for name in self._artifacts]
        return sorted(name for folder, _, name in names if folder == prefix and self.versions(name))

    def versions(self, model: str) -> list[Version]:
        """Oldest first."""
        artifact = self._artifacts.get(self.full_name(model))
        found = [
            Version(found.version, found.commit_hexsha, found.created_at, _who(found), found.message)
            for found in (getattr(artifact, "versions", None) or [])
            if found.is_registered and found.is_active
        ]
        return sorted(found, key=lambda version: version.numbers)

    def assignments(self, model: str, stage: str | None = None) -> list[Assignment]:
        """The versions that were put into stages, in order; an empty version: removed from the stage."""
        artifact = self._artifacts.get(self.full_name(model))
        events = [
            (int(event.ref.rpartition("#")[2] or 0), event)
            for version in (getattr(artifact, "versions", None) or [])
            for event in version.get_events()
            if event.event in (ASSIGNED, UNASSIGNED)
        ]
        return [
            Assignment(found.stage, found.version if found.event == ASSIGNED else "", found.created_at, _who(found),
                       found.message)
            for _, found in sorted(events, key=lambda event: event[0])
            if stage in (None, found.stage)
        ]  # fmt: skip

    def stages(self, model: str) -> dict[str, Assignment]:
        """Stage to the version that is in it now."""
        last = {assignment.stage: assignment for assignment in self.assignments(model)}
        return {stage: assignment for stage, assignment in last.items() if assignment.version}

    def version(self, model: str, name: str) -> Version:
        """A registered version.

        Raises:
            KitError: there is none of this name.
        """
        found = {version.name: version for version in self.versions(model)}
        wanted = name if name.startswith("v") else f"v{name}"
        if wanted not in found:
            raise KitError(f"{model}@{wanted}: is not registered; versions: {', '.join(found) or 'none'}")
        return found[wanted]


def before_current(assignments: list[Assignment]) -> str | None:
    """The version to roll back to: the one that the current one replaced. Going back twice goes back two."""
    stack: list[str] = []
    for assignment in assignments:
        if not assignment.version:
            continue
        if assignment.message.startswith(ROLLBACK) and assignment.version in stack:
            del stack[stack.index(assignment.version) :]
        stack = [version for version in stack if version != assignment.version] + [assignment.version]
    return stack[-2] if len(stack) > 1 else None


def _who(event: object) -> str:
    return f"{getattr(event, 'author', '')} <{getattr(event, 'author_email', '')}>"
