"""What a run will do. Everything that can be refused beforehand is refused here, before anything starts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.contracts.check import contract_violation
from kit.contracts.contract import Contract, load_contract
from kit.errors import KitError
from kit.execution.device import Allocation, device_for
from kit.execution.runtime import Runtime, runtime_of
from kit.execution.snapshot import Snapshot, snapshot_of
from kit.execution.spaces import refuse_mismatch
from kit.project.module import DEVICE_CLASS, Module, check_params, load_module
from kit.project.pipeline import Pipeline
from kit.project.ports import PortBindings, port_bindings
from kit.project.spaces import check_spaces
from kit.project.stage import Stage
from kit.system.gpu import Device


@dataclass(frozen=True)
class Plan:
    """One run of a stage: its module and ports, the contracts of both sides, what it reads, its device, its Python."""

    pipeline: Pipeline
    stage: Stage
    module: Module
    bindings: PortBindings
    contracts: Mapping[str, Contract]
    inputs: Mapping[str, Path]
    before: Snapshot
    device: Device
    runtime: Runtime

    @property
    def params(self) -> dict[str, Any]:
        """The settings that run() gets: the module's section, without what is meant for the kit."""
        return {name: value for name, value in self.stage.params.items() if name != DEVICE_CLASS}


@contextmanager
def planned(pipeline: Pipeline, name: str, allocation: Allocation | None = None) -> Iterator[Plan]:
    """The plan of a stage's run; its environment is built if necessary, and stays as it is meanwhile.

    `allocation`: the graphics cards that it may use; by default all of the machine's.

    Raises:
        KitError: anything that the user can fix.
    """
    stage = pipeline.stage(name)
    if not stage.module:
        raise KitError(
            f"stage {name} is a plain DVC stage (its cmd is not `kit run`); run `dvc repro {name}`", "dvc.yaml"
        )
    module = load_module(pipeline.project, stage.module)
    bindings = port_bindings(stage, module)
    check_params(module, stage.params)
    types = {*module.inputs.values(), *module.outputs.values()}
    contracts = {type_name: load_contract(pipeline.project.contracts, type_name) for type_name in sorted(types)}
    check_spaces(module, bindings, {port: contracts[type_name].kind for port, type_name in module.outputs.items()})
    if not (module.folder / "run.py").is_file():
        raise KitError("is missing; it must define run(inputs, outputs, params)", f"{module.label}/run.py")
    inputs = _existing_inputs(pipeline, bindings)
    device = device_for(module, stage.params, allocation)
    # Before the environment is built, which takes long: what changes meanwhile is noticed after the run.
    before = snapshot_of(pipeline.project, stage, module, bindings)
    _check_raw_inputs(pipeline, module, bindings, contracts)
    refuse_mismatch(stage, module, bindings, inputs)
    with runtime_of(module) as runtime:
        yield Plan(pipeline, stage, module, bindings, contracts, inputs, before, device, runtime)


def _existing_inputs(pipeline: Pipeline, bindings: PortBindings) -> dict[str, Path]:
    places = {port: pipeline.project.root / path for port, path in bindings.inputs.items()}
    for port, place in places.items():
        if not place.exists():
            path = bindings.inputs[port]
            maker = pipeline.graph.maker(path)
            remedy = f"run `dvc repro {maker}`" if maker else "fetch it with `dvc pull`, or add it with `dvc add`"
            raise KitError(f"is missing; {remedy}", path)
    return places


def _check_raw_inputs(
    pipeline: Pipeline, module: Module, bindings: PortBindings, contracts: Mapping[str, Contract]
) -> None:
    """No stage has checked raw data, so the stage that reads it first checks it against its contract."""
    for port, path in bindings.inputs.items():
        if pipeline.graph.maker(path):
            continue
        contract = contracts[module.inputs[port]]
        problem = contract_violation(contract, pipeline.project.root / path)
        if problem:
            raise KitError(f"violates {contract.label}: {problem}; {module.name} cannot read it as {port}", path)
