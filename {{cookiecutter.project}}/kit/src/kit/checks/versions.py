"""Semantic versions: whether a module that changed since the last release, or its copying, has a new version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kit.errors import KitError
from kit.git.command import run_git
from kit.git.files import CommittedFiles, Files, WorkingFiles
from kit.git.objects import Objects
from kit.git.repository import open_repository
from kit.project.diagnostic import Diagnostic, diagnostic_of, line_in
from kit.project.interface import interface_digest, types_of
from kit.project.module_code import source_of
from kit.project.modules_lock import Entry, read_ledger
from kit.project.view import View

# Tags of a release (v1.2.0), and those by which GTO registers a version (digits@v1.2.0).
RELEASES = ("v[0-9]*.[0-9]*.[0-9]*", "*@v[0-9]*.[0-9]*.[0-9]*")
PLAIN = re.compile(r"\d+\.\d+\.\d+", re.ASCII)


@dataclass(frozen=True)
class State:
    """A module at one revision: its version, and digests of its interface and of what decides its results."""

    version: str
    interface: str
    code: str


def state_of(files: Files, name: str) -> State | None:
    """A module's state; None if there is no such module."""
    source = source_of(files, name)
    if source is None:
        return None
    types = {type_name: files.read(f"contracts/{type_name}.yaml") for type_name in types_of(source.contract)}
    return State(source.version, interface_digest(source.contract, types), source.sha256)


def version_diagnostics(view: View) -> Iterator[Diagnostic]:
    """Every module that changed without a new version, and every entry of modules.lock that does not hold."""
    try:
        entries = read_ledger(view.project)
    except KitError as error:
        yield diagnostic_of(error, view.project)
        entries = {}
    here = WorkingFiles(view.project.root)
    names = set(view.project.module_names())
    for name, entry in entries.items():
        if name not in names:
            line = line_in(view.project, "modules.lock", (name,))
            message = f"names {name}, which is not in modules/; restore it, or run `kit remove {name}`"
            yield Diagnostic("modules.lock", line, message)
        elif now := state_of(here, name):
            yield from _compared(view, name, _as_it_came(entry), now, f"it was copied from {entry.source}")
    yield from _since_release(view, here, names - set(entries))


def _since_release(view: View, here: Files, names: set[str]) -> Iterator[Diagnostic]:
    tag = last_release(view)
    changed = _changed_modules(view, tag) if tag else set()
    if not tag or not changed & names:
        return
    repository = open_repository(view.project.root)
    tree = repository.git("rev-parse", f"{tag}^{{tree}}").strip()
    there = CommittedFiles(Objects(repository), tree, repository.prefix)
    for name in sorted(changed & names):
        before, now = state_of(there, name), state_of(here, name)
        if before and now:
            yield from _compared(view, name, before, now, f"{tag} was tagged")


def last_release(view: View) -> str | None:
    """The nearest tag of a release or a registered version, from HEAD backwards; None if there is none."""
    patterns = [word for pattern in RELEASES for word in ("--match", pattern)]
    try:
        done = run_git(view.project.root, "describe", "--tags", "--abbrev=0", *patterns)
    except KitError:
        return None
    return done.text.strip() if done.exit_status == 0 else None


def _changed_modules(view: View, tag: str) -> set[str]:
    """Modules with a file, or a contract that they name, that Git says differs from a tag."""
    asked = ["diff", "--name-only", "--relative", "-z", tag, "--", "modules", "contracts"]
    done = run_git(view.project.root, *asked)
    paths = [path.split("/") for path in done.text.split("\0") if path]
    types = {path[1].removesuffix(".yaml") for path in paths if path[0] == "contracts"}
    found = {path[1] for path in paths if path[0] == "modules"}
    for name in view.project.module_names():
        module = view.module(name)
        if module and types & {*module.inputs.values(), *module.outputs.values()}:
            found.add(name)
    return found


def _as_it_came(entry: Entry) -> State:
    return State(entry.version, entry.interface, entry.code)


def _compared(view: View, name: str, before: State, now: State, since: str) -> Iterator[Diagnostic]:
    """The diagnostic, if any, of one module against an earlier state."""
    if before.code == now.code and before.interface == now.interface:
        return
    if not (PLAIN.fullmatch(before.version) and PLAIN.fullmatch(now.version)):
        return  # module_diagnostics reports it
    old, new = (tuple(map(int, version.split("."))) for version in (before.version, now.version))
    enough = old < new
    needed = "its version"
    if before.interface != now.interface:  # below 1.0.0 anything may change in a minor version (semver.org, 4)
        part = 1 if old[0] else 2
        enough, needed = old[:part] < new[:part], "its major version" if old[0] else "its minor version"
    if not enough:
        what = "its contract" if before.interface != now.interface else "its code"
        file = f"modules/{name}/module.yaml"
        message = f"{what} changed since {since} as {before.version}; raise {needed}, which is {now.version}"
        yield Diagnostic(file, line_in(view.project, file, ("version",)), message)
