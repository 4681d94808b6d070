"""Which modules fit which slot, from contracts alone; and every combination of those that do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from kit.errors import KitError
from kit.project.module import Module, param_problems
from kit.project.pipeline import Stage
from kit.project.ports import binding_problems, port_bindings
from kit.project.view import View


@dataclass(frozen=True)
class Fit:
    """A module of a slot's family; `problem` is what keeps it from filling the slot, empty where nothing does."""

    slot: str
    module: str
    version: str
    chosen: bool
    problem: str


def fits(view: View) -> list[Fit]:
    """Every slot of dvc.yaml with every module of its family, in the order of stages and names.

    Raises:
        KitError: dvc.yaml or params.yaml cannot be read.
    """
    if view.problems:
        first = view.problems[0]
        raise KitError(f"{first.file}:{first.line}: {first.message}")
    slots = dict.fromkeys(slot for stage in view.stages for slot in stage.slots)
    return [fit for slot in slots for fit in _fits_of(view, slot)]


def combinations(found: Sequence[Fit], slots: Sequence[str]) -> list[dict[str, str]]:
    """Slot to module, every way to fill the named slots (all where none is named); other slots stay as they are.

    Raises:
        KitError: there is no such slot.
    """
    known = dict.fromkeys(fit.slot for fit in found)
    for slot in slots:
        if slot not in known:
            raise KitError(f"params.yaml: slots: there is no slot {slot}; slots: {', '.join(known) or 'none'}")
    choices = {slot: [fit.module for fit in found if fit.slot == slot and not fit.problem] for slot in slots or known}
    return [dict(zip(choices, chosen, strict=True)) for chosen in product(*choices.values())]


def _fits_of(view: View, slot: str) -> Iterator[Fit]:
    stages = [stage for stage in view.stages if slot in stage.slots]
    for name in view.project.module_names():
        module = view.read(name)
        if isinstance(module, Module) and module.family == slot:
            problems = (problem for stage in stages for problem in _problems(view, stage, module))
            yield Fit(slot, name, module.version, name == stages[0].module, next(problems, ""))


def _problems(view: View, stage: Stage, module: Module) -> Iterator[str]:
    """What keeps a module from running as a stage: ports, types on both sides, parameters."""
    section, filled = view.pipeline.section(module.name) if view.pipeline else None, stage.module
    stage = replace(stage, module=module.name, params=section or {})
    for problem in binding_problems(stage, module):
        yield str(problem).removeprefix(f"dvc.yaml: stage {stage.name}: ")
        return
    bindings = port_bindings(stage, module)
    for port, path in bindings.inputs.items():
        made = view.made.get(path)
        if made and made[1] != module.inputs[port]:
            yield f"input {port} is of type {module.inputs[port]}, and stage {made[0]} makes it as {made[1]}"
    chosen = view.module(filled)
    for port, type_name in module.outputs.items():
        if chosen and chosen.outputs.get(port, type_name) != type_name:
            yield f"output {port} is of type {type_name}, and the slot's other modules make {chosen.outputs[port]}"
    if section is None:
        yield f"params.yaml has no section {module.name}"
    yield from (str(problem) for problem in param_problems(module, stage.params))
