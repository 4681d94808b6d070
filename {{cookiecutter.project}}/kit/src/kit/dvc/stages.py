"""A stage's definition in dvc.yaml, with paths relative to the project (DVC 3.67.1)."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.dvc.params import DEFAULT

Params = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Out:
    """An out, a metric or a plot; `cached`: DVC's cache keeps it, `persist`: a run finds the previous one."""

    path: str
    kind: str = "outs"
    cached: bool = True
    persist: bool = False


@dataclass(frozen=True)
class Definition:
    """A stage as DVC reads it.

    Paths are relative to the project, with forward slashes; in dvc.yaml and in dvc.lock they are relative to `wdir`.
    `params` maps a file to the names that are read of it; without names it is the whole file.
    """

    cmd: str | tuple[str, ...]
    wdir: str
    deps: tuple[str, ...]
    params: Params
    outs: tuple[Out, ...]
    frozen: bool
    always_changed: bool

    @property
    def is_callback(self) -> bool:
        """A stage without deps, params and outs, which DVC runs at each repro."""
        return not (self.deps or self.params or self.outs)


def definition_of(document: Mapping[str, Any]) -> Definition:
    """From a stage's resolved part of dvc.yaml."""
    command = document["cmd"]
    wdir = posixpath.normpath(document.get("wdir") or ".")
    return Definition(
        cmd=command if isinstance(command, str) else tuple(map(str, command)),
        wdir=wdir,
        deps=tuple(in_project(wdir, dep) for dep in document.get("deps") or []),
        params={in_project(wdir, file): names for file, names in _params(document.get("params") or []).items()},
        outs=tuple(_outs(document, wdir)),
        frozen=bool(document.get("frozen")),
        always_changed=bool(document.get("always_changed")),
    )


def in_project(wdir: str, path: str) -> str:
    """A path that is relative to a stage's working directory, relative to the project; an address as it is."""
    return path if is_address(path) else posixpath.normpath(posixpath.join(wdir, path))


def is_address(path: str) -> bool:
    """Whether a dep or an out is in a remote store, and not in the file system."""
    return "://" in path


def _params(entries: Iterable[str | Mapping[str, Any]]) -> Params:
    """File to names; a file that is named without names once is read whole (dvc.dependency.loads_params)."""
    found: dict[str, list[str]] = {}
    whole = set()
    for entry in entries:
        for file, names in ({DEFAULT: [entry]} if isinstance(entry, str) else entry).items():
            found.setdefault(str(file), []).extend(map(str, names or []))
            whole |= set() if names else {str(file)}
    return {file: () if file in whole else tuple(dict.fromkeys(names)) for file, names in found.items()}


def _outs(document: Mapping[str, Any], wdir: str) -> Iterator[Out]:
    for kind in ("outs", "metrics", "plots"):
        for entry in document.get(kind) or []:
            for path, options in ({entry: {}} if isinstance(entry, str) else entry).items():
                said = options if isinstance(options, Mapping) else {}
                yield Out(in_project(wdir, path), kind, said.get("cache") is not False, bool(said.get("persist")))
