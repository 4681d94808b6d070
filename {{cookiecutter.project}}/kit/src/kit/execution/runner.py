"""Run one stage, from its plan to its outputs in place."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from kit.contracts.check import contract_violation, load_checkers
from kit.errors import KitError
from kit.execution.access_denials import explanation
from kit.execution.device import Allocation
from kit.execution.exit_status import failure, out_of_memory_kills
from kit.execution.plan import Plan, planned
from kit.execution.process import ProcessResult, run_module, variables_for
from kit.execution.record import Run, write_record
from kit.execution.sandbox import Sandbox, sandbox_for
from kit.execution.snapshot import refuse_changes, snapshot_of
from kit.execution.spaces import stamp_outputs
from kit.execution.staging import Staging, move_into_place, staging_for
from kit.execution.standalone import worker
from kit.git import status
from kit.project.pipeline import Pipeline
from kit.system import machine


def run_stage(pipeline: Pipeline, name: str, allocation: Allocation | None = None) -> None:
    """Run a stage's module in its environment and move its outputs into place once they satisfy their contracts.

    Raises:
        KitError: anything that the user can fix; the outputs of the last good run are then unchanged.
    """
    project = pipeline.project
    with planned(pipeline, name, allocation) as plan, staging_for(project, name) as staging:
        sandbox = sandbox_of(plan, staging)
        checkers = load_checkers(plan.contracts[type_name] for type_name in plan.module.outputs.values())
        code = status.description(project.root, pipeline.outs)
        started = datetime.now(UTC)
        result = execute(plan, sandbox, staging)
        finished = datetime.now(UTC)
        after = snapshot_of(project, plan.stage, plan.module, plan.bindings)
        refuse_changes(plan.stage, plan.module, plan.before, after)
        checkers.join()
        places = places_of(plan, staging)
        check_outputs(plan, places)
        stamp_outputs(plan.module, plan.inputs, places)
        moves = [(places[port], project.root / path) for port, path in plan.bindings.outputs.items()]
        if plan.bindings.record:
            run = Run(plan, sandbox, result, code, machine.description(), started, finished)
            moves.append((write_record(staging.outputs / "run.json", run, places), project.root / plan.bindings.record))
        move_into_place(moves, staging)


def sandbox_of(plan: Plan, staging: Staging) -> Sandbox:
    programs = (*plan.runtime.folders, Path(worker.__file__))
    return sandbox_for(
        plan.pipeline.project, plan.module, plan.inputs.values(), programs, staging, gpu=plan.device.kind == "cuda"
    )


def places_of(plan: Plan, staging: Staging) -> dict[str, Path]:
    """Output port to the path where the module writes it."""
    wanted = plan.bindings.outputs.items()
    return {port: staging.outputs / f"{port}{PurePosixPath(path).suffix}" for port, path in wanted}


def execute(plan: Plan, sandbox: Sandbox, staging: Staging) -> ProcessResult:
    """Run the module to its end.

    Raises:
        KitError: it failed; the message says what the sandbox denied, or how the process ended.
    """
    job = {
        "module": str(plan.module.folder),
        "inputs": {port: str(path) for port, path in plan.inputs.items()},
        "outputs": {port: str(path) for port, path in places_of(plan, staging).items()},
        "params": plan.params,
    }
    variables = variables_for(plan.module, staging.temporary) | plan.device.variables
    kills = out_of_memory_kills()
    result = run_module(job, plan.runtime, sandbox, variables, staging)
    problem = failure(plan.module, result, out_of_memory_kills() > kills)
    stopped = explanation(plan.pipeline.project, plan.stage, plan.module, sandbox, staging.scratch, result)
    if problem:
        raise KitError(stopped if stopped and result.code > 0 else problem)
    if stopped:
        print(f"kit: warning: {stopped}", flush=True)
    return result


def check_outputs(plan: Plan, places: Mapping[str, Path]) -> None:
    """Check every output against its contract.

    Raises:
        KitError: one is missing or violates it.
    """
    for port, place in places.items():
        contract = plan.contracts[plan.module.outputs[port]]
        who = f"stage {plan.stage.name}: module {plan.module.name}: output {port}"
        if place.is_symlink():
            raise KitError(f"{who}: is a link; run() must write outputs[{port!r}] itself")
        if not place.exists():
            raise KitError(f"{who}: was not written; run() must write outputs[{port!r}]")
        problem = contract_violation(contract, place)
        if problem:
            raise KitError(f"{who} violates {contract.label}: {problem}")
