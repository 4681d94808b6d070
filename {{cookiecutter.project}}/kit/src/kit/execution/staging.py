"""Outputs are all or nothing: written to a staging folder, checked, then moved into place together.

A run that is killed while it moves leaves a journal, and the next run of the stage finishes the moves.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kit.errors import KitError
from kit.project.project import Project


@dataclass(frozen=True)
class Staging:
    """The staging folder of one run, on the file system of its outputs."""

    path: Path

    @property
    def outputs(self) -> Path:
        return self.path / "outputs"

    @property
    def journal(self) -> Path:
        """The list of moves that were begun."""
        return self.path / "journal.json"

    @property
    def scratch(self) -> Path:
        """The module's working directory."""
        return self.path / "scratch"

    @property
    def temporary(self) -> Path:
        """The folder of the module's temporary files. Its path is short, because that of a Unix socket has at most 107
        bytes, and multiprocessing makes sockets here. It is always the same, so that the next run clears it."""
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"kit-{name}"


@contextmanager
def staging_for(project: Project, stage: str) -> Iterator[Staging]:
    """An empty staging folder, removed afterwards; what a killed run left in it is moved or removed first.

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
        _finish_moves(staging)
        _clear(staging)
        staging.outputs.mkdir(parents=True)
        staging.scratch.mkdir()
        try:
            staging.temporary.mkdir(mode=0o700)
        except FileExistsError:
            raise KitError(f"{staging.temporary}: belongs to another user; remove it, or set TMPDIR") from None
        yield staging
    finally:
        _clear(staging)
        lock.release()


def _clear(staging: Staging) -> None:
    for folder in (staging.path, staging.temporary):
        shutil.rmtree(folder, ignore_errors=True)


def move_into_place(moves: Sequence[tuple[Path, Path]], staging: Staging) -> None:
    """Move each (from, to); if one cannot be moved, put everything back as it was.

    Raises:
        KitError: a target cannot be written.
    """
    replaced = staging.path / "replaced"
    replaced.mkdir()
    _write_journal(moves, staging)
    undo: list[tuple[Path, Path]] = []
    try:
        for number, (source, target) in enumerate(moves):
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target):
                shutil.move(target, replaced / str(number))
                undo.append((replaced / str(number), target))
            _place(source, target)
            undo.append((target, source))
    except OSError as error:
        for source, target in reversed(undo):
            shutil.move(source, target)
        staging.journal.unlink()
        raise KitError(f"{error.filename2 or error.filename}: cannot be written ({error.strerror})") from None


def _write_journal(moves: Sequence[tuple[Path, Path]], staging: Staging) -> None:
    """Write what is about to be moved; the journal is complete or not there at all."""
    entries = [[str(source), str(target), _stamp(source)] for source, target in moves]
    fresh = staging.path / "journal.new"
    fresh.write_text(json.dumps(entries), encoding="utf-8")
    fresh.rename(staging.journal)


def _finish_moves(staging: Staging) -> None:
    """Move what a killed run had checked and not yet moved, so that a stage's outputs never come from two runs.

    Outputs that were replaced since, for example by `dvc checkout`, stay.
    """
    if not staging.journal.is_file():
        return
    entries = json.loads(staging.journal.read_text(encoding="utf-8"))
    waiting = [(Path(source), Path(target)) for source, target, _ in entries if os.path.lexists(source)]
    moved = [(Path(target), stamp) for source, target, stamp in entries if not os.path.lexists(source)]
    begun = moved or not all(os.path.lexists(target) for _, target in waiting)
    if begun and all(_stamp(target) == stamp for target, stamp in moved):
        for source, target in waiting:
            target.parent.mkdir(parents=True, exist_ok=True)
            _place(source, target)


def _stamp(path: Path) -> list[int]:
    """Size and modification time, which a move keeps; empty if there is nothing."""
    try:
        found = path.lstat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]


def _place(source: Path, target: Path) -> None:
    """Rename, also onto another file system: a target is never incomplete."""
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = target.with_name(f".{target.name}.kit")
        try:
            shutil.copytree(source, copy) if source.is_dir() else shutil.copy2(source, copy)
            copy.replace(target)
        finally:
            _remove(copy)
        _remove(source)


def _remove(path: Path) -> None:
    """A file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
