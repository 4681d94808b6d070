"""Where a stage runs: on the CPU, or on which graphics cards."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kit.errors import KitError
from kit.project.module import DEVICE_CLASS, Module
from kit.system.gpu import CPU, CUDA, Device, Gpu, cuda_device

WAYS_OUT = "fetch its results with `dvc pull` or `dvc repro --pull`, or run it on a machine with an NVIDIA GPU"


@dataclass(frozen=True)
class Allocation:
    """The graphics cards that a run may use, by their ids in CUDA_VISIBLE_DEVICES or by their UUIDs.

    It uses as many as its module asks for, starting with the first.
    """

    cards: tuple[str, ...]


def device_for(module: Module, section: Mapping[str, Any], allocation: Allocation | None = None) -> Device:
    """The device of a run, from module.yaml, KIT_DEVICE and the module's section of params.yaml (device_class).

    Without an allocation every card of the machine may be used.

    Raises:
        KitError: the machine lacks what is asked for, or two of the three contradict each other.
    """
    wanted = os.environ.get("KIT_DEVICE") or "any"
    if wanted not in (CPU, CUDA, "any"):
        raise KitError(f"KIT_DEVICE={wanted}: must be cpu, cuda or any (the default)")
    asked = section.get(DEVICE_CLASS)
    device = _device(module, _choice(module, wanted, asked), allocation)
    if asked and asked != device.kind and not all(asked.lower() in gpu.name.lower() for gpu in device.gpus):
        here = ", ".join(gpu.name for gpu in device.gpus)
        raise KitError(
            f"{module.name}.{DEVICE_CLASS}: is {asked}, but this machine has {here}; {WAYS_OUT}", "params.yaml"
        )
    return device


def _choice(module: Module, wanted: str, asked: str | None) -> str:
    """cpu, cuda or any, by all three settings; the name of a card means cuda."""
    choice = module.device
    for source, value in [
        ("KIT_DEVICE", wanted if choice == "any" or wanted == CPU else "any"),
        (f"params.yaml: {module.name}.{DEVICE_CLASS}", "any" if asked is None else CPU if asked == CPU else CUDA),
    ]:
        if "any" not in (choice, value) and choice != value:
            raise KitError(f"{source}: is {value}, but {module.label} must run on {choice}; {WAYS_OUT}")
        choice = value if choice == "any" else choice
    return choice


def _device(module: Module, choice: str, allocation: Allocation | None) -> Device:
    if choice == CPU:
        return Device(CPU)
    machine = cuda_device()
    gpus = machine.gpus if allocation is None else tuple(dict.fromkeys(_given(module, machine, allocation)))
    if len(gpus) >= module.gpus:
        return replace(machine, gpus=gpus[: module.gpus])
    if choice == "any" and not gpus:
        return Device(CPU)
    have = f"this machine has {len(machine.gpus) or 'none'}"
    if allocation is not None:
        have = f"it was given {len(gpus) or 'none'} of the {len(machine.gpus)} here"
    raise KitError(f"needs {module.gpus} CUDA device(s), and {have}; {WAYS_OUT}", module.label)


def _given(module: Module, machine: Device, allocation: Allocation) -> Iterator[Gpu]:
    """The cards of an allocation, in its order."""
    known = {name: gpu for gpu in machine.gpus for name in (gpu.uuid, gpu.id)}
    for card in allocation.cards:
        if card not in known:
            here = ", ".join(gpu.id for gpu in machine.gpus) or "none"
            raise KitError(f"was given the card {card}, and the cards here are {here}", module.label)
        yield known[card]
