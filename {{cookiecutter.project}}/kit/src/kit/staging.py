"""Outputs are all or nothing: written aside, checked, then moved into place together."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kit.errors import KitError
from kit.project import Project


@dataclass(frozen=True)
class Staging:
    """A folder of one run, on the file system that its outputs will end on."""

    path: Path

    @property
    def outputs(self) -> Path:
        return self.path / "outputs"

    @property
    def scratch(self) -> Path:
        """The module's working directory and its temporary files."""
        return self.path / "scratch"


@contextmanager
def staging_for(project: Project, stage: str) -> Iterator[Staging]:
    """An empty staging folder, gone afterwards; what a killed run left in it is removed first.

    Raises:
        KitError: the stage is running already.
    """
    project.staging.mkdir(parents=True, exist_ok=True)
    staging = Staging(project.staging / stage)
    lock = FileLock(project.staging / f"{stage}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise KitError(f"stage {stage} is already running in {project.root}; wait for it to end") from None
    try:
        shutil.rmtree(staging.path, ignore_errors=True)
        staging.outputs.mkdir(parents=True)
        staging.scratch.mkdir()
        yield staging
    finally:
        shutil.rmtree(staging.path, ignore_errors=True)
        lock.release()


def move_into_place(moves: Sequence[tuple[Path, Path]], staging: Staging) -> None:
    """Move each (from, to); if one cannot be moved, put everything back as it was.

    Raises:
        KitError: a target cannot be written.
    """
    replaced = staging.path / "replaced"
    replaced.mkdir()
    undo: list[tuple[Path, Path]] = []
    try:
        for number, (source, target) in enumerate(moves):
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target):
                target.rename(replaced / str(number))
                undo.append((replaced / str(number), target))
            source.rename(target)
            undo.append((target, source))
    except OSError as error:
        for source, target in reversed(undo):
            source.rename(target)
        raise KitError(f"{error.filename2 or error.filename}: cannot be written ({error.strerror})") from None
