"""Which modules fit which slot, from contracts alone; and every combination of those that do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from kit.errors import KitError
from kit.project.module import Module, param_problems
from kit.project.ports import binding_problems, port_bindings
from kit.project.stage import Stage
from kit.project.view import View

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Fit:
    """A module of a slot's family; `problem` is why it cannot fill the slot, empty if it can."""

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
    stages = view.stages  # a stage that cannot be resolved has no slots, and is a problem
    if view.problems:
        first = view.problems[0]
        raise KitError(first.message, first.file, first.line)
    slots = dict.fromkeys([*(slot for stage in stages for slot in stage.slots), *_filled(view)])
    found = [fit for slot in slots for fit in _fits_of(view, slot)]
    listed = {fit.module for fit in found}
    return found + [
        fit for name in view.project.module_names() if name not in listed for fit in _unreadable(view, name)
    ]


def combinations(found: Sequence[Fit], slots: Sequence[str]) -> list[dict[str, str]]:
    """Slot to module, for every way to fill the named slots (by default all); other slots stay as they are.

    Raises:
        KitError: there is no such slot.
    """
    known = dict.fromkeys(fit.slot for fit in found if fit.slot != UNKNOWN)
    for slot in slots:
        if slot not in known:
            raise KitError(f"slots: there is no slot {slot}; slots: {', '.join(known) or 'none'}", "params.yaml")
    choices = {slot: [fit.module for fit in found if fit.slot == slot and not fit.problem] for slot in slots or known}
    return [dict(zip(choices, chosen, strict=True)) for chosen in product(*choices.values())]


def _fits_of(view: View, slot: str) -> Iterator[Fit]:
    """The modules of a slot's family, and the module that fills it now, whatever its family and state."""
    stages = [stage for stage in view.stages if slot in stage.slots]
    chosen = stages[0].module if stages else _filled(view)[slot]
    for name in dict.fromkeys([*view.project.module_names(), chosen]):
        module = view.read(name)
        if isinstance(module, Module) and module.family == slot:
            problems = (problem for stage in stages for problem in _problems(view, stage, module))
            unlisted = "" if stages else f"no stage lists slots.{slot} in its params"
            yield Fit(slot, name, module.version, name == chosen, unlisted or next(problems, ""))
        elif isinstance(module, Module) and name == chosen:
            problem = f"modules/{name}/module.yaml: its family is {module.family}"
            yield Fit(slot, name, module.version, True, problem)
        elif name == chosen:
            yield Fit(slot, name, UNKNOWN, True, str(module))


def _unreadable(view: View, name: str) -> Iterator[Fit]:
    """A module whose family cannot be read."""
    module = view.read(name)
    if isinstance(module, KitError):
        yield Fit(UNKNOWN, name, UNKNOWN, False, str(module))


def _filled(view: View) -> dict[str, str]:
    """Slot to the module that params.yaml has for it."""
    slots = view.pipeline.params.get("slots") if view.pipeline else None
    return {str(slot): str(module) for slot, module in slots.items()} if isinstance(slots, dict) else {}


def _problems(view: View, stage: Stage, module: Module) -> Iterator[str]:
    """Why a module cannot run as a stage: ports, types on both sides, parameters."""
    section, filled = view.pipeline.section(module.name) if view.pipeline else None, stage.module
    stage = replace(stage, module=module.name, params=section or {})
    for problem in binding_problems(stage, module):
        yield problem.message
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
