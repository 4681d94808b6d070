"""One stage against its module: ports, parameters, contracts, slots."""

from collections.abc import Iterator

from kit.contracts.contract import Contract
from kit.errors import KitError
from kit.project.diagnostic import WARNING, Diagnostic, diagnostic_of, line_in
from kit.project.module import Module, param_problems
from kit.project.ports import RECORD, PortBindings, binding_problems
from kit.project.spaces import check_spaces
from kit.project.stage import Stage
from kit.project.view import View


def stage_diagnostics(view: View, stage: Stage) -> Iterator[Diagnostic]:
    """Every diagnostic of a stage that runs a module."""
    project = view.project
    if not stage.module:
        return
    module = view.read(stage.module)
    if isinstance(module, KitError):
        if not (project.modules / stage.module).is_dir():
            yield missing_module(view, stage, module)
        return  # else module_diagnostics says what is wrong with it
    yield from (diagnostic_of(problem, project) for problem in binding_problems(stage, module))
    yield from (diagnostic_of(problem, project) for problem in param_problems(module, stage.params))
    yield from slot_diagnostics(view, stage, module)
    if not any(out.endswith(f"/{RECORD}") for out in stage.outs):
        message = f"stage {stage.name}: has no {RECORD} among its outs, so its runs are not recorded; add PATH/{RECORD}"
        yield Diagnostic("dvc.yaml", line_in(project, "dvc.yaml", ("stages", stage.name, "outs")), message, WARNING)
    bindings = view.bindings(stage)
    if bindings:
        yield from type_diagnostics(view, stage, module, bindings)
        yield from space_diagnostics(view, module, bindings)


def missing_module(view: View, stage: Stage, error: KitError) -> Diagnostic:
    """The diagnostic of a missing module, at the place that names it."""
    message = f"stage {stage.name}: {error}"
    if stage.slots:
        return Diagnostic("params.yaml", line_in(view.project, "params.yaml", ("slots", stage.slots[0])), message)
    at = ("stages", stage.name, "deps", f"modules/{stage.module}")
    return Diagnostic("dvc.yaml", line_in(view.project, "dvc.yaml", at), message)


def slot_diagnostics(view: View, stage: Stage, module: Module) -> Iterator[Diagnostic]:
    """Whether a slot is filled by a module of its family, and every such module has a section in params.yaml."""
    for slot in stage.slots:
        if module.family != slot:
            message = f"slots.{slot}: {module.name} is a module of family {module.family}; choose one of family {slot}"
            yield Diagnostic("params.yaml", line_in(view.project, "params.yaml", ("slots", slot)), message)
        for name in view.project.module_names():
            other = view.module(name)
            if other and other.family == slot and view.pipeline and view.pipeline.section(name) is None:
                message = (
                    f"{name}: has no section, so `-S slots.{slot}={name}` would fail; add `{name}: {{}}` or its values"
                )
                yield Diagnostic("params.yaml", line_in(view.project, "params.yaml", ("slots", slot)), message)


def type_diagnostics(view: View, stage: Stage, module: Module, bindings: PortBindings) -> Iterator[Diagnostic]:
    """Whether every input is of the type that the stage before makes."""
    for port, path in bindings.inputs.items():
        made = view.made.get(path)
        if made and made[1] != module.inputs[port]:
            is_one = f"stage {stage.name}: input {port} of {module.name} is of type {module.inputs[port]}"
            made_as = f"stage {made[0]} makes {path} as {made[1]}"
            message = f"{is_one}, and {made_as}; connect another file, or change the type in one module.yaml"
            yield Diagnostic(
                "dvc.yaml", line_in(view.project, "dvc.yaml", ("stages", stage.name, "deps", path)), message
            )


def space_diagnostics(view: View, module: Module, bindings: PortBindings) -> Iterator[Diagnostic]:
    """Whether every output's embedding space is defined, and every input with `match` carries a space_id."""
    contracts = {port: view.contract(type_name) for port, type_name in module.outputs.items()}
    kinds = {port: contract.kind for port, contract in contracts.items() if isinstance(contract, Contract)}
    try:
        if len(kinds) == len(contracts):
            check_spaces(module, bindings, kinds)
    except KitError as error:
        yield diagnostic_of(error, view.project)
    for port in module.matches:
        path = bindings.inputs[port]
        if path in view.made and path not in view.stamped:
            message = (
                f"inputs.{port}.match: {path} carries no space_id, because stage {view.made[path][0]} declares none"
            )
            line = line_in(view.project, f"{module.label}/module.yaml", ("inputs", port))
            yield Diagnostic(f"{module.label}/module.yaml", line, f"{message}; add `space:` to that output's port")
