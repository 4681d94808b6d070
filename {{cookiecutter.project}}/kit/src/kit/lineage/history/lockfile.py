"""dvc.lock as executions: what each stage read, ran and made."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import yaml

from kit.dvc.artifact import Artifact
from kit.dvc.stages import in_project
from kit.errors import KitError
from kit.formats import yaml12
from kit.project.stage import MODULES, is_module_folder, stage_run_by

RECORD = "run.json"
HEADER = "schema: '2.0'\nstages:\n"
STAGE = re.compile(r"^  ([A-Za-z0-9_][A-Za-z0-9_@.-]*):\n", re.MULTILINE)
# What could connect stages (anchors, aliases, tags), or a line that does not belong to a stage.
UNUSUAL = re.compile(r"[&*!%\r]|^(?!\Z|   |  [A-Za-z0-9_])", re.MULTILINE)


class Execution:
    """A stage's entry in dvc.lock; equal entries of several commits are one object.

    `deps` holds all it read, the module's folder included; `params` maps a file to what was read of it.
    """

    def __init__(self, stage: str, document: Mapping[str, Any]) -> None:
        """From DVC's own form (schema 2.0), unchecked.

        Raises:
            AttributeError, KeyError, TypeError: it is not of that form.
        """
        command = document["cmd"]
        self.stage = stage
        self.cmd = tuple(map(str, command)) if isinstance(command, list) else str(command)
        self.deps = tuple(_artifacts(document.get("deps") or []))
        self.outs = tuple(_artifacts(document.get("outs") or []))
        self.params: Mapping[str, Mapping[str, Any]] = dict(document.get("params") or {})
        self.sizes = {out["path"]: out.get("size") for out in document.get("outs") or []}

    @property
    def command(self) -> str:
        """What ran; several commands one a line."""
        return self.cmd if isinstance(self.cmd, str) else "\n".join(self.cmd)

    def moved(self, wdir: str) -> "Execution":
        """The same, in paths of the project; they are relative to the folder `wdir` of the project in it."""
        if wdir == ".":
            return self
        moved = self.document()
        for entry in (*moved["deps"], *moved["outs"]):
            entry["path"] = in_project(wdir, entry["path"])
        moved["params"] = {in_project(wdir, file): values for file, values in self.params.items()}
        return Execution(self.stage, moved)

    def document(self) -> dict[str, Any]:
        """The constructor's arguments as text: the entry without what it does not use."""
        deps = [{"path": dep.path, "md5": dep.hash} for dep in self.deps]
        outs = [{"path": out.path, "md5": out.hash, "size": self.sizes.get(out.path)} for out in self.outs]
        cmd = self.cmd if isinstance(self.cmd, str) else list(self.cmd)
        return {"cmd": cmd, "deps": deps, "params": self.params, "outs": outs}

    @cached_property
    def id(self) -> str:
        """SHA-256 of the whole entry."""
        text = json.dumps([self.stage, self.cmd, self.deps, self.params, self.outs], default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def module(self) -> str:
        """The module's name; empty for a plain DVC stage."""
        code = self.code
        return code.path.removeprefix(MODULES) if code else ""

    @cached_property
    def code(self) -> Artifact | None:
        """The module's folder."""
        if stage_run_by(self.command) is None:
            return None
        return next((dep for dep in self.deps if is_module_folder(dep.path)), None)

    @cached_property
    def inputs(self) -> tuple[Artifact, ...]:
        """What it read, without the module's folder."""
        code = self.code
        return tuple(dep for dep in self.deps if dep != code)

    @cached_property
    def record(self) -> Artifact | None:
        """Its run.json."""
        return next((out for out in self.outs if out.path.rpartition("/")[2] == RECORD), None)

    @cached_property
    def results(self) -> tuple[Artifact, ...]:
        """What it made, without run.json."""
        record = self.record
        return tuple(out for out in self.outs if out != record)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What it read of params.yaml."""
        return self.params.get("params.yaml", {})

    def __repr__(self) -> str:
        return f"Execution({self.stage}, {self.id[:8]})"


Lock = Mapping[str, Execution]
Key = tuple[str, str | tuple[str, ...], tuple[Artifact, ...], tuple[Artifact, ...], str]


def key(execution: Execution) -> Key:
    """Equal for equal entries. The hash of a run record identifies one run; entries without one need the params."""
    params = "" if execution.record else str(execution.params)
    return (execution.stage, execution.cmd, execution.deps, execution.outs, params)


class LockReader:
    """Parses dvc.lock files; the same text of a stage is parsed once."""

    def __init__(self) -> None:
        self.seen: dict[str, Execution] = {}
        self._whole_ones: dict[str, Execution] = {}

    def read(self, text: str, label: str) -> Lock:
        """Stage to execution.

        Raises:
            KitError: the text is not what DVC writes.
        """
        chunks = _chunks(text)
        if chunks is None:
            return self._whole(text, label)
        fresh = {name: chunk for name, chunk in chunks.items() if chunk not in self.seen}
        if fresh:
            document = _parsed(HEADER + "".join(fresh.values()), label)
            # If a stage's text is not complete in itself, the names differ, and the whole text is parsed.
            if not isinstance(document, dict) or list(document.get("stages") or {}) != list(fresh):
                return self._whole(text, label)
            self.seen |= {fresh[name]: _execution(name, entry, label) for name, entry in document["stages"].items()}
        return {name: self.seen[chunk] for name, chunk in chunks.items()}

    def _whole(self, text: str, label: str) -> Lock:
        document = _parsed(text, label)
        stages = document.get("stages") if isinstance(document, dict) else None
        if not isinstance(stages, dict | None) or (document and stages is None and "schema" not in document):
            raise KitError("is not what DVC writes; restore it from Git", label)
        found = (_execution(str(name), entry, label) for name, entry in (stages or {}).items())
        return {execution.stage: self._whole_ones.setdefault(execution.id, execution) for execution in found}


def _chunks(text: str) -> dict[str, str] | None:
    """Stage to its part of the text, split at the lines with a stage's name; None if that would be unsafe."""
    if not text.startswith(HEADER) or UNUSUAL.search(text, len(HEADER)):
        return None
    names = list(STAGE.finditer(text, len(HEADER)))
    if not names or names[0].start() != len(HEADER) or len({name[1] for name in names}) != len(names):
        return None
    ends = [name.start() for name in names[1:]] + [len(text)]
    return {name[1]: text[name.start() : end] for name, end in zip(names, ends, strict=True)}


def _parsed(text: str, label: str) -> Any:
    try:
        return yaml12.load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise KitError(f"invalid YAML: {getattr(error, 'problem', None) or error}", label, line) from None


def _execution(stage: str, document: Any, label: str) -> Execution:
    try:
        return Execution(stage, document)
    except (AttributeError, KeyError, TypeError):
        raise KitError(f"stage {stage} is not what DVC writes; restore it from Git", label) from None


def _artifacts(entries: list[Mapping[str, Any]]) -> Iterator[Artifact]:
    """Files have an MD5; other kinds of storage have hashes of their own."""
    for entry in entries:
        digest = entry.get("md5") or entry.get("etag") or entry.get("checksum") or entry.get("version_id") or ""
        yield Artifact(str(entry["path"]).rstrip("/"), str(digest))
