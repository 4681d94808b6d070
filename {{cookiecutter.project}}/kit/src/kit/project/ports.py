"""Match a module's ports to a stage's deps and outs."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from kit.errors import KitError
from kit.project.module import Module
from kit.project.stage import Stage

FILE, RECORD = "dvc.yaml", "run.json"


@dataclass(frozen=True)
class PortBindings:
    """Port to path, relative to the project; `record` is the path of run.json, if the stage has one."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    record: str | None


def port_bindings(stage: Stage, module: Module) -> PortBindings:
    """A port takes the file whose stem is its name, or the one that the command of the stage names.

    Raises:
        KitError: a port has no file or several, a file has no port, or a path leaves the project.
    """
    for problem in binding_problems(stage, module):
        raise problem
    records = [out for out in stage.outs if PurePosixPath(out).name == RECORD]
    return PortBindings(
        inputs=_match(stage, module.inputs, stage.deps, "input"),
        outputs=_match(stage, module.outputs, _files_of(stage, "output"), "output"),
        record=records[0] if records else None,
    )


def binding_problems(stage: Stage, module: Module) -> Iterator[KitError]:
    """Every error that port_bindings could raise."""
    for path in (*stage.deps, *stage.outs):
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            at = ("stages", stage.name, "deps" if path in stage.deps else "outs", path)
            yield KitError(f"stage {stage.name}: {path} is outside the project", FILE, at=at)
    for kind, ports in (("input", module.inputs), ("output", module.outputs)):
        yield from _mismatches(stage, ports, kind)


def _files_of(stage: Stage, kind: str) -> list[str]:
    """The files that need a port: deps, or outs without the record."""
    if kind == "input":
        return list(stage.deps)
    return [path for path in stage.outs if PurePosixPath(path).name != RECORD]


def record_path(stage: Stage) -> str:
    """The path of a stage's run.json.

    Raises:
        KitError: it has none.
    """
    for out in stage.outs:
        if PurePosixPath(out).name == RECORD:
            return out
    raise KitError(f"stage {stage.name} has no {RECORD} among its outs; add PATH/{RECORD}", FILE)


def explicit_ports(stage: Stage, kind: str) -> dict[str, str]:
    """Port to path, as the stage's command says with `--input PORT=PATH` (kind input) or `--output PORT=PATH`.

    Raises:
        KitError: the command cannot be split into words, or a word is not PORT=PATH.
    """
    where, option = f"stage {stage.name}", f"--{kind}"
    try:
        words = shlex.split(stage.command)
    except ValueError as error:
        raise KitError(f"{where}: cmd: {error}", FILE) from None
    pairs = [after for word, after in pairwise(words) if word == option]
    pairs += [word.removeprefix(f"{option}=") for word in words if word.startswith(f"{option}=")]
    return split_pairs(pairs, f"{where}: {option}", FILE)


def split_pairs(pairs: Sequence[str], where: str, file: str = "") -> dict[str, str]:
    """PORT=PATH words as port to path.

    Raises:
        KitError: a word has no `=`.
    """
    for pair in pairs:
        if "=" not in pair:
            raise KitError(f"{where} {pair}: write PORT=PATH", file)
    return dict(pair.split("=", 1) for pair in pairs)


def _match(stage: Stage, ports: Mapping[str, str], files: Sequence[str], kind: str) -> dict[str, str]:
    """Port to file, if everything matches."""
    named = explicit_ports(stage, kind)
    free = {PurePosixPath(file).stem: file for file in files if file not in named.values()}
    return {port: named.get(port) or free[port] for port in ports}


def _mismatches(stage: Stage, ports: Mapping[str, str], kind: str) -> Iterator[KitError]:
    where, listed = f"stage {stage.name}", "deps" if kind == "input" else "outs"
    at = ("stages", stage.name, listed)
    try:
        named = explicit_ports(stage, kind)
    except KitError as error:
        yield KitError(error.message, FILE, at=("stages", stage.name, "cmd"))
        return
    files = _files_of(stage, kind)
    for port, path in named.items():
        if port not in ports:
            message = f"{where}: --{kind} {port}: {stage.module} has no such port; it has {', '.join(ports)}"
            yield KitError(message, FILE, at=("stages", stage.name, "cmd"))
        elif path not in files:
            message = f"{where}: --{kind} {port}={path}: the file is not among its {listed}; add it"
            yield KitError(message, FILE, at=("stages", stage.name, "cmd"))
    free = [file for file in files if file not in named.values()]
    fitting = {port: [file for file in free if PurePosixPath(file).stem == port] for port in ports if port not in named}
    for port, found in fitting.items():
        if not found:
            message = f"{where}: {kind} port {port} of {stage.module} has no file in {listed}; add PATH/{port}.*"
            yield KitError(message, FILE, at=at)
        elif len(found) > 1:
            which = f"could be {' or '.join(found)}; say which: --{kind} {port}=PATH in cmd"
            yield KitError(f"{where}: {kind} port {port} {which}", FILE, at=(*at, found[1]))
    for file in free:
        if not any(file in found for found in fitting.values()):
            message = f"{where}: {file} in {listed} fits no {kind} port of {stage.module}; remove it or name its port"
            yield KitError(message, FILE, at=(*at, file))
