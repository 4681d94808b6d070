"""Stages among each other, and against dvc.lock."""

import difflib
from collections.abc import Iterator
from pathlib import PurePosixPath

from kit.dvc.stages import is_address
from kit.errors import KitError
from kit.formats.documents import read_text
from kit.lineage.history.lockfile import LockReader
from kit.project.diagnostic import ERROR, WARNING, Diagnostic, diagnostic_of, line_in
from kit.project.stage_graph import folders_above
from kit.project.view import View


def pipeline_diagnostics(view: View) -> Iterator[Diagnostic]:
    """Outs of two stages, cycles, missing sources, leftovers in dvc.lock, and sections that no module has."""
    yield from shared_outs(view)
    yield from cycles(view)
    yield from missing_sources(view)
    yield from dropped_deps(view)
    yield from uncached_outs(view)
    yield from stray_sections(view)


def at(view: View, *path: str) -> int:
    return line_in(view.project, "dvc.yaml", ("stages", *path))


def shared_outs(view: View) -> Iterator[Diagnostic]:
    """Whether two stages write the same file, or one writes into the other's folder."""
    owners: dict[str, str] = {}
    for stage in view.stages:
        for out in stage.outs:
            for path in (out, *map(str, PurePosixPath(out).parents)):
                if path in owners and owners[path] != stage.name:
                    message = (
                        f"stage {stage.name}: {out} is also an out of stage {owners[path]}; let one of them write it"
                    )
                    yield Diagnostic("dvc.yaml", at(view, stage.name, "outs", out), message)
            owners.setdefault(out, stage.name)


def cycles(view: View) -> Iterator[Diagnostic]:
    """Whether a stage depends on itself."""
    if cycle := view.graph.cycle:
        message = f"the stages form a cycle: {' → '.join(cycle)}; remove one of these deps"
        yield Diagnostic("dvc.yaml", at(view, cycle[0], "deps"), message)


def missing_sources(view: View) -> Iterator[Diagnostic]:
    """Whether every dep that no stage makes is in the project, or tracked by DVC."""
    if view.problems:
        return  # the stages that cannot be resolved may make it
    root = view.project.root
    absent = {f"modules/{stage.module}/" for stage in view.stages if not (view.project.modules / stage.module).is_dir()}
    for stage in view.stages:
        for dep in stage.deps:
            if dep.startswith(tuple(absent)) or is_address(dep):
                continue  # stage_diagnostics says so of the stage that runs the module; a store is not looked into
            above = [dep, *folders_above(dep)]
            tracked = any((root / f"{path}.dvc").is_file() for path in above) or (root / dep).exists()
            if not tracked and not view.graph.makers.of(dep):
                message = (
                    f"stage {stage.name}: no stage makes {dep}, and it is not here; `dvc add` it, or correct the path"
                )
                yield Diagnostic("dvc.yaml", at(view, stage.name, "deps", dep), message)


def dropped_deps(view: View) -> Iterator[Diagnostic]:
    """Leftovers in dvc.lock: DVC never removes a dep by itself, so the lock claims more than was read."""
    try:
        locked = locked_deps(view)
    except KitError as error:
        yield diagnostic_of(error, view.project)
        return
    stages = view.graph.stages
    for name, deps in locked.items():
        if name not in stages:
            if view.pipeline and name not in view.pipeline.names():
                line = line_in(view.project, "dvc.lock", ("stages", name))
                message = f"stage {name} is no longer in dvc.yaml; remove its entry"
                yield Diagnostic("dvc.lock", line, message, WARNING)
            continue
        for dep in sorted(deps - set(stages[name].reads)):
            line = line_in(view.project, "dvc.lock", ("stages", name))
            thaw = f"`dvc unfreeze {name}` and " if stages[name].definition.frozen else ""
            remedy = f"run {thaw}`dvc repro --force {name}`"
            message = f"stage {name} still holds the dep {dep}, which dvc.yaml dropped; {remedy}"
            yield Diagnostic("dvc.lock", line, message, WARNING if thaw else ERROR)


def uncached_outs(view: View) -> Iterator[Diagnostic]:
    """Whether an uncached out, neither metric nor plot, switches the run cache off for its stage."""
    for stage in view.stages:
        for out in stage.uncached:
            message = f"stage {stage.name}: {out} is not cached, so DVC's run cache never restores this stage; drop"
            yield Diagnostic(
                "dvc.yaml", at(view, stage.name, "outs"), f"{message} `cache: false`, or list it in metrics", WARNING
            )


def stray_sections(view: View) -> Iterator[Diagnostic]:
    """Sections of params.yaml whose name is close to a module's."""
    names = view.project.module_names()
    for section in view.pipeline.sections() if view.pipeline else []:
        near = difflib.get_close_matches(section, names, n=1, cutoff=0.8)
        if section not in names and near and not any(section in stage.declared for stage in view.stages):
            line = line_in(view.project, "params.yaml", (section,))
            yield Diagnostic(
                "params.yaml", line, f"{section}: no module has this name; did you mean {near[0]}?", WARNING
            )


def locked_deps(view: View) -> dict[str, set[str]]:
    """Stage to its deps in dvc.lock; empty if nothing has run.

    Raises:
        KitError: dvc.lock is invalid.
    """
    text = read_text(view.project.root / "dvc.lock", "dvc.lock")
    lock = LockReader().read(text, "dvc.lock") if text else {}
    folders = {name: stage.definition.wdir for name, stage in view.graph.stages.items()}
    moved = (execution.moved(folders.get(name, ".")) for name, execution in lock.items())
    return {execution.stage: {dep.path for dep in execution.deps} for execution in moved}
