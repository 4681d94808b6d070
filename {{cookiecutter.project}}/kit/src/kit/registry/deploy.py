"""Put a version into a stage, or the previous one back, and its files where the pipeline compares with them."""

import re
import subprocess
import sys
from dataclasses import dataclass

import yaml

from kit.dvc.hashing import dvc_hash
from kit.errors import KitError
from kit.formats import yaml12
from kit.git.files import WorkingFiles
from kit.lineage import History
from kit.project.edits import Changes
from kit.project.identity import email_of_user, name_of_user
from kit.project.project import Project
from kit.project.settings import pyproject
from kit.registry.model import model_at
from kit.registry.publishing import share_first, tagged
from kit.registry.tags import ROLLBACK, Registry, Version, before_current

STAGE = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]", re.ASCII)
SETTING = "pyproject.toml: [tool.kit.deploy]"
KEPT = ("md5", "size", "nfiles", "hash")  # in the order of DVC's own .dvc files


@dataclass(frozen=True)
class Deployed:
    """A version that is in a stage now; `replaced` was there before; `pointer` is a file to commit."""

    version: str
    replaced: str | None
    shared: bool
    pointer: str | None
    fetched: bool


def promote(project: Project, history: History, model: str, version: str, stage: str, local: bool) -> Deployed:
    """Put a registered version into a stage.

    Raises:
        KitError: there is no such version, it is there already, or someone else was faster.
    """
    registry = Registry(project.root)
    shared = share_first(registry, local)
    chosen = registry.version(model, version)
    return _assign(project, history, registry, model, chosen, stage, shared, "Promote")


def roll_back(project: Project, history: History, model: str, stage: str, local: bool) -> Deployed:
    """Put the version back that the current one replaced.

    Raises:
        KitError: nothing is in the stage, or nothing was before it.
    """
    registry = Registry(project.root)
    shared = share_first(registry, local)
    assignments = registry.assignments(model, stage)
    before = before_current(assignments)
    if before is None:
        now = assignments[-1].version if assignments else None
        raise KitError(f"{model}: {f'{now} is the first' if now else 'nothing is'} in {stage}; nothing to roll back to")
    return _assign(project, history, registry, model, registry.version(model, before), stage, shared, ROLLBACK)


def _assign(
    project: Project,
    history: History,
    registry: Registry,
    model: str,
    version: Version,
    stage: str,
    shared: bool,
    verb: str,
) -> Deployed:
    if not STAGE.fullmatch(stage):
        raise KitError(f"{stage!r}: is not a stage name; write lower-case letters, digits and hyphens")
    now = registry.stages(model).get(stage)
    if now and now.version == version.name:
        raise KitError(f"{model}@{version.name}: is already in {stage}, since {now.time:%Y-%m-%d %H:%M}, by {now.by}")
    pointer = _pointer(project, history, model, version, stage)
    replaced = f", in place of {now.version}" if now else ""
    message = f"{verb} {model} {stage}: {version.name}{replaced}\n"

    def make(root: str) -> object:
        from gto import api

        author, address = name_of_user(project), email_of_user(project)
        full = registry.full_name(model)
        return api.assign(root, full, stage, version.name, message=message, author=author, author_email=address,
                          force=True)  # fmt: skip

    # The pointer first: it can be restored if the tag fails; a tag that others have seen cannot be taken back.
    with pointer.applied():
        tagged(registry, shared, make, f"{model}#{stage}")
    fetched = bool(pointer.files) and _check_out(project, *pointer.files)
    return Deployed(version.name, now.version if now else None, shared, next(iter(pointer.files), None), fetched)


def _pointer(project: Project, history: History, model: str, version: Version, stage: str) -> Changes:
    """The .dvc file for a version's files at the path that pyproject.toml names for the stage, if it names one."""
    changes = Changes(project)
    wanted = pyproject(WorkingFiles(project.root), "tool", "kit", "deploy").get(stage)
    if wanted is None:
        return changes
    path = f"{wanted}.dvc"
    if not (project.root / path).is_file():
        raise KitError(f"{SETTING} {stage} = {wanted}: there is no {path}; create it with `dvc add {wanted}`")
    known = history.working_tree.raw.get(wanted)
    if known and dvc_hash(project.root, wanted) not in (None, known.artifact.hash):
        raise KitError(f"was changed by hand, and would be lost; `dvc checkout --force {path}` gives it up", wanted)
    revision = history.at(version.commit)
    found = model_at(project, revision, model)
    lock = yaml12.load((revision.files.read("dvc.lock") or b"").decode())
    outs = lock["stages"][found.maker.stage]["outs"]
    entry = next(out for out in outs if out["path"] == found.artifact.path)
    kept = {key: entry[key] for key in KEPT if key in entry} | {"path": wanted.rpartition("/")[2]}
    text = yaml.safe_dump({"outs": [kept]}, sort_keys=False)
    changes.write(path, text)
    return changes


def _check_out(project: Project, *pointers: str) -> bool:
    """Restore the files from DVC's cache, or the remote; returns whether that worked."""
    for verb in (["checkout", "--quiet", "--force"], ["pull", "--quiet", "--force"]):
        command = [sys.executable, "-m", "dvc", *verb, *pointers]
        if subprocess.run(command, cwd=project.root, capture_output=True, check=False).returncode == 0:
            return True
    return False
