"""A clone of a revision with the inputs that a stage read, apart from the project."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NoReturn

from kit.dvc.artifact import Artifact, stays_inside
from kit.dvc.hashing import FOLDER, dvc_hash
from kit.errors import KitError
from kit.git.command import run_git
from kit.lineage.history.history import History
from kit.lineage.history.opening import open_content
from kit.lineage.history.revision import Revision

CHUNK = 1 << 20


def clone_of(history: History, revision: Revision, clone: Path) -> None:
    """The commit's files; of the working tree HEAD's, with what is not committed copied over.

    Raises:
        KitError: nothing is committed yet, or Git fails.
    """
    commit = revision.commit.id if revision.commit else history.repository.head
    if commit is None:
        raise KitError("nothing is committed yet; `git commit` first")
    top = history.repository.git("rev-parse", "--show-toplevel").strip()
    whole = clone.with_name("repository")
    for place, arguments in (
        (history.root, ["clone", "--quiet", "--no-checkout", "--shared", "--", top, str(whole)]),
        (whole, ["checkout", "--quiet", "--detach", commit]),
    ):
        done = run_git(place, *arguments, elsewhere=True)
        if done.exit_status:
            raise KitError(f"git {arguments[0]}: {done.message}")
    (whole / history.repository.prefix).rename(clone)
    if revision.commit is None:
        _copy_uncommitted(history.root, clone)


def _copy_uncommitted(root: Path, clone: Path) -> None:
    for path in ("dvc.yaml", "params.yaml", "dvc.lock", ".dvcignore"):
        if (root / path).is_file():
            shutil.copy2(root / path, clone / path)
    for folder in ("modules", "contracts"):
        shutil.rmtree(clone / folder, ignore_errors=True)
        if (root / folder).is_dir():
            shutil.copytree(root / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))


def place_input(history: History, revision: Revision, dep: Artifact, clone: Path) -> None:
    """Put an input where the stage reads it, from Git, the working tree or DVC's cache, with the bytes that it read.

    Raises:
        KitError: the bytes are not on this machine.
    """
    place = clone / dep.path
    if dvc_hash(clone, dep.path) == dep.hash:  # Git has it, and so the clone
        return
    remove(place)
    if not dep.hash.endswith(FOLDER):
        _write(place, open_content(history, revision, dep) or _missing(dep))
        return
    here = history.root / dep.path
    if revision.commit is None and here.is_dir() and dvc_hash(history.root, dep.path) == dep.hash:
        shutil.copytree(here, place)
        return
    place.mkdir(parents=True)
    for name, md5 in _members(history, dep).items():
        if not stays_inside(name):
            raise KitError(f"its listing in DVC's cache names {name}, which is outside the folder", dep.path)
        _write(place / name, history.storage.open(md5) or _missing(dep))


def remove(place: Path) -> None:
    """Remove a file or a folder, where there is one."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _members(history: History, dep: Artifact) -> Mapping[str, str]:
    members = history.storage.members(dep.hash)
    return _missing(dep) if members is None else members


def _missing(dep: Artifact) -> NoReturn:
    raise KitError(f"its bytes ({dep.hash[:12]}) are not on this machine; `dvc fetch` brings them", dep.path)


def _write(place: Path, source: BinaryIO) -> None:
    """Copy piece by piece: an input may be larger than memory."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with source, place.open("wb") as target:
        shutil.copyfileobj(source, target, CHUNK)
