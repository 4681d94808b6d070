"""run.json: what ran, as the runner observed it. schemas/run.schema.json describes every field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kit import __version__
from kit.execution.plan import Plan
from kit.execution.process import KERNELS, ProcessResult, variables_for
from kit.execution.sandbox import Sandbox
from kit.formats import safetensors_file
from kit.formats.digest import sha256_of, size_of
from kit.formats.embedded_metadata import space_of
from kit.project.run_record import SCHEMA

REPEATABLE = ("OMP_NUM_THREADS", "PYTHONHASHSEED", "CUBLAS_WORKSPACE_CONFIG")


@dataclass(frozen=True)
class Run:
    """A finished run and what was observed of it; times are UTC."""

    plan: Plan
    sandbox: Sandbox
    result: ProcessResult
    code: Mapping[str, Any] | None
    machine: Mapping[str, Any]
    started: datetime
    finished: datetime


def write_record(target: Path, run: Run, outputs: Mapping[str, Path]) -> Path:
    """Write run.json; `outputs` maps each output to where it is now."""
    target.write_text(json.dumps(record_of(run, outputs), indent=2) + "\n", encoding="utf-8")
    return target


def record_of(run: Run, outputs: Mapping[str, Path]) -> dict[str, Any]:
    """The document; what only the module's process can know comes from the worker's report."""
    plan, report = run.plan, run.result.report
    stage, module, bindings = plan.stage, plan.module, plan.bindings
    inputs = {
        port: _entry(plan, module.inputs[port], bindings.inputs[port], place, plan.before.inputs[bindings.inputs[port]])
        for port, place in plan.inputs.items()
    }
    made = {
        port: _entry(plan, module.outputs[port], bindings.outputs[port], place, sha256_of(place))
        for port, place in outputs.items()
    }
    return {
        "schema": SCHEMA,
        "kit": __version__,
        "stage": stage.name,
        "command": stage.command,
        "module": {"name": module.name, "version": module.version, "sha256": plan.before.code},
        "code": run.code,
        "params": dict(stage.params),
        "contracts": {contract.type: contract.sha256 for contract in plan.contracts.values()},
        "inputs": inputs,
        "outputs": made,
        "training": _training(plan, inputs, made, report),
        "environment": dict(plan.runtime.description),
        "device": plan.device.description,
        "determinism": _determinism(plan),
        "torch": report.get("torch"),
        **run.sandbox.description,
        "machine": dict(run.machine),
        "started": run.started.isoformat(timespec="milliseconds"),
        "finished": run.finished.isoformat(timespec="milliseconds"),
        "duration_s": round((run.finished - run.started).total_seconds(), 3),
        "run_s": report.get("run_s"),
        "peak_memory_bytes": report.get("peak_memory_bytes"),
    }


def _entry(plan: Plan, type_name: str, path: str, place: Path, sha256: str) -> dict[str, Any]:
    """A file's path, type, size in bytes and SHA-256; for weights the digests of their tensors, too."""
    entry: dict[str, Any] = {"path": path, "type": type_name, "size": size_of(place), "sha256": sha256}
    if plan.contracts[type_name].kind == "tensors":
        entry |= {
            "tensor_digest": safetensors_file.tensor_digest(place),
            "dtypes": safetensors_file.dtypes(place),
            "tensors": safetensors_file.tensor_digests(place),
        }
    if space := space_of(place):
        entry["space_id"] = space
    return entry


def _training(
    plan: Plan, inputs: Mapping[str, Any], outputs: Mapping[str, Any], report: Mapping[str, Any]
) -> dict[str, Any] | None:
    """For a stage that makes weights: those it started from, their dtypes, and seconds per epoch.

    An epoch's seconds are those of run() divided by the parameter `epochs`, where the module has one.
    """
    made = [entry for entry in outputs.values() if "tensor_digest" in entry]
    if not made:
        return None
    epochs, seconds = plan.params.get("epochs"), report.get("run_s")
    per_epoch = round(seconds / epochs, 4) if isinstance(epochs, int) and epochs > 0 and seconds else None
    return {
        "initial_weights": {port: entry["tensor_digest"] for port, entry in inputs.items() if "tensor_digest" in entry},
        "dtypes": sorted({dtype for entry in made for dtype in entry["dtypes"]}),
        "seconds_per_epoch": per_epoch,
    }


def _determinism(plan: Plan) -> dict[str, Any]:
    """What was fixed so that a second run gives the same bytes, and whether the module declares that it does."""
    variables = variables_for(plan.module, Path())
    return {
        "declared": plan.module.deterministic,
        "threads": plan.module.cpus,
        "seed": plan.params.get("seed"),
        "variables": {name: variables[name] for name in (*REPEATABLE, *KERNELS) if name in variables},
    }
