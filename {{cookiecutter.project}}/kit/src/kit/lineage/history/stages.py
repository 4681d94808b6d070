"""The stages of dvc.yaml as they are at some revision."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from kit.dvc.artifact import stays_inside
from kit.errors import KitError
from kit.formats import yaml12
from kit.git.files import Files
from kit.lineage.history.lockfile import Lock
from kit.project.pipeline import FILE, PARAMS, Pipeline
from kit.project.project import Project
from kit.project.stage import Stage

Stages = Mapping[str, Stage]


class StageReader:
    """Resolves dvc.yaml at many revisions; equal files are resolved once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Stages | KitError] = {}
        self._wdir: dict[str | None, bool] = {}

    def stages(self, files: Files) -> Stages:
        """Name to stage.

        Raises:
            KitError: dvc.yaml is missing, invalid YAML, or cannot be resolved.
        """
        found = self._resolved(files)
        if isinstance(found, KitError):
            raise found
        return found

    def lock(self, lock: Lock, files: Files) -> Lock:
        """A lock whose paths are those of the project, where dvc.yaml gives stages a `wdir`."""
        if not lock or not self._has_wdir(files):
            return lock
        stages = self._resolved(files)
        if isinstance(stages, KitError):
            return lock
        folders = {name: stage.definition.wdir for name, stage in stages.items()}
        return {name: execution.moved(folders.get(name, ".")) for name, execution in lock.items()}

    def _has_wdir(self, files: Files) -> bool:
        key = files.key(FILE)
        if key is None:
            return b"wdir" in (files.read(FILE) or b"")
        if key not in self._wdir:
            self._wdir[key] = b"wdir" in (files.read(FILE) or b"")
        return self._wdir[key]

    def _resolved(self, files: Files) -> Stages | KitError:
        wanted = _resolved_from(files)
        if not files.keyed:
            return _resolved(files, wanted)
        key = tuple(f"{path} {files.key(path)}" for path in wanted)
        if key not in self._known:
            self._known[key] = _resolved(files, wanted)
        return self._known[key]


def _resolved_from(files: Files) -> list[str]:
    """dvc.yaml, params.yaml, and the files that dvc.yaml takes variables from (`vars: [FILE, FILE:KEY]`)."""
    found = [FILE, PARAMS]
    try:
        document = yaml12.load((files.read(FILE) or b"").decode())
        stages = list((document.get("stages") or {}).values())
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError):
        return found
    for part in [document, *stages]:
        listed = part.get("vars") if isinstance(part, dict) else None
        names = [entry.partition(":")[0] for entry in listed or [] if isinstance(entry, str)]
        found += [name for name in names if stays_inside(name) and name not in found]
    return found


def _resolved(files: Files, wanted: Iterable[str]) -> Stages | KitError:
    """The stages, resolved by DVC's parser, which reads from a folder."""
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        for path in wanted:
            data = files.read(path)
            if data is not None:
                place = Path(folder, path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
        try:
            return {stage.name: stage for stage in Pipeline(Project(Path(folder))).stages()}
        except KitError as problem:
            return problem
