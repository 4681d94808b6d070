"""Run one stage: the one way through the house."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from kit.contracts import Contract, breach, load_checkers, load_contract
from kit.errors import KitError
from kit.module import Module, check_params, load_module
from kit.pipeline import Pipeline, Stage
from kit.ports import Wiring, wire
from kit.process import run_module, runtime_for
from kit.record import file_entries, write_record
from kit.staging import move_into_place, staging_for


def run_stage(pipeline: Pipeline, name: str) -> None:
    """Run a stage's module in its environment and move its outputs into place once they keep their contracts.

    Raises:
        KitError: anything that the user can mend; the outputs of the last good run are then as they were.
    """
    project = pipeline.project
    stage = pipeline.stage(name)
    if not stage.module:
        raise KitError(
            f"dvc.yaml: stage {name} is a plain DVC stage (its cmd is not `kit run`); run `dvc repro {name}`"
        )
    module = load_module(project, stage.module)
    wiring = wire(stage, module)
    check_params(module, stage.params)
    contracts = {port: load_contract(project, kind) for port, kind in module.outputs.items()}
    inputs = _existing_inputs(pipeline, wiring)
    _check_raw_inputs(pipeline, module, wiring)
    runtime = runtime_for(module)

    with staging_for(project, name) as staging:
        places = {
            port: staging.outputs / f"{port}{PurePosixPath(path).suffix}" for port, path in wiring.outputs.items()
        }
        checkers = load_checkers(contracts.values())
        before = file_entries(wiring.inputs, inputs)
        started = datetime.now(UTC)
        run_module(module, runtime, inputs, places, stage.params, staging)
        finished = datetime.now(UTC)
        checkers.join()
        _check_outputs(stage, module, contracts, places)
        moves = [(places[port], project.root / path) for port, path in wiring.outputs.items()]
        if wiring.record:
            record = staging.outputs / "run.json"
            outputs = file_entries(wiring.outputs, places)
            write_record(record, stage, module, runtime.description, before, outputs, started, finished)
            moves.append((record, project.root / wiring.record))
        move_into_place(moves, staging)


def _existing_inputs(pipeline: Pipeline, wiring: Wiring) -> dict[str, Path]:
    places = {port: pipeline.project.root / path for port, path in wiring.inputs.items()}
    for port, place in places.items():
        if not place.exists():
            path = wiring.inputs[port]
            maker = pipeline.producers.get(path)
            remedy = f"run `dvc repro {maker}`" if maker else "fetch it with `dvc pull`, or add it with `dvc add`"
            raise KitError(f"{path}: is missing; {remedy}")
    return places


def _check_raw_inputs(pipeline: Pipeline, module: Module, wiring: Wiring) -> None:
    """No stage has vouched for raw data, so it is held against its contract where it comes in."""
    for port, path in wiring.inputs.items():
        if path in pipeline.producers:
            continue
        contract = load_contract(pipeline.project, module.inputs[port])
        problem = breach(contract, pipeline.project.root / path)
        if problem:
            raise KitError(f"{path}: {problem}, says {contract.shown}; {module.name} cannot read it as {port}")


def _check_outputs(stage: Stage, module: Module, contracts: Mapping[str, Contract], places: Mapping[str, Path]) -> None:
    for port, place in places.items():
        who = f"stage {stage.name}: module {module.name}: output {port}"
        if not place.exists():
            raise KitError(f"{who}: was not written; run() must write outputs[{port!r}]")
        problem = breach(contracts[port], place)
        if problem:
            raise KitError(f"{who}: {problem}, says {contracts[port].shown}")
