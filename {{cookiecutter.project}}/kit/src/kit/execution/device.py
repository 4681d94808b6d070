"""Where a stage runs: on the CPU, or on which graphics cards."""

import os
from collections.abc import Mapping
from typing import Any

from kit.errors import KitError
from kit.project.module import DEVICE_CLASS, Module
from kit.system.gpu import CPU, CUDA, Device, cuda_device

WAYS_OUT = "fetch its results with `dvc pull` or `dvc repro --pull`, or run it on a machine with an NVIDIA GPU"


def device_for(module: Module, section: Mapping[str, Any]) -> Device:
    """The device of a run, from module.yaml, KIT_DEVICE and the module's section of params.yaml (device_class).

    Raises:
        KitError: the machine lacks what is asked for, or two of the three contradict each other.
    """
    wanted = os.environ.get("KIT_DEVICE") or "any"
    if wanted not in (CPU, CUDA, "any"):
        raise KitError(f"KIT_DEVICE={wanted}: must be cpu, cuda or any (the default)")
    asked = section.get(DEVICE_CLASS)
    device = _device(module, _choice(module, wanted, asked))
    if asked and asked != device.kind and not all(asked.lower() in gpu.name.lower() for gpu in device.gpus):
        here = ", ".join(gpu.name for gpu in device.gpus)
        raise KitError(
            f"params.yaml: {module.name}.{DEVICE_CLASS}: is {asked}, but this machine has {here}; {WAYS_OUT}"
        )
    return device


def _choice(module: Module, wanted: str, asked: str | None) -> str:
    """cpu, cuda or any, after all three had their say; what names a card asks for cuda."""
    choice = module.device
    for source, value in [
        ("KIT_DEVICE", wanted if choice == "any" or wanted == CPU else "any"),
        (f"params.yaml: {module.name}.{DEVICE_CLASS}", "any" if asked is None else CPU if asked == CPU else CUDA),
    ]:
        if "any" not in (choice, value) and choice != value:
            raise KitError(f"{source}: is {value}, but {module.label} must run on {choice}; {WAYS_OUT}")
        choice = value if choice == "any" else choice
    return choice


def _device(module: Module, choice: str) -> Device:
    if choice == CPU:
        return Device(CPU)
    found = cuda_device()
    if len(found.gpus) >= module.gpus:
        return Device(CUDA, found.gpus[: module.gpus], found.driver, found.cuda)
    if choice == "any" and not found.gpus:
        return Device(CPU)
    have = len(found.gpus) or "none"
    raise KitError(f"{module.label}: needs {module.gpus} CUDA device(s), and this machine has {have}; {WAYS_OUT}")
