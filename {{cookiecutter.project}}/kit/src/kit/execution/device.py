"""Where a stage runs: on the CPU, or on which graphics cards."""

import ctypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.project.module import DEVICE_CLASS, Module

CPU, CUDA = "cpu", "cuda"
VISIBLE = "CUDA_VISIBLE_DEVICES"
WAYS_OUT = "fetch its results with `dvc pull` or `dvc repro --pull`, or run it on a machine with an NVIDIA GPU"


@dataclass(frozen=True)
class Gpu:
    """One card; memory in bytes."""

    name: str
    uuid: str
    memory: int


@dataclass(frozen=True)
class Device:
    """cpu or cuda, with the cards and the driver that a run may use."""

    kind: str
    gpus: tuple[Gpu, ...] = ()
    driver: str | None = None
    cuda: str | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that make a process see these cards and no others."""
        if self.kind == CPU:
            return {VISIBLE: ""}
        given = os.environ.get(VISIBLE)
        visible = given.split(",") if given else [str(index) for index in range(len(self.gpus))]
        order = {} if given else {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
        return {VISIBLE: ",".join(visible[: len(self.gpus)]), **order}

    @property
    def description(self) -> dict[str, Any]:
        """How run.json tells it."""
        gpus = [{"name": gpu.name, "uuid": gpu.uuid, "memory_bytes": gpu.memory} for gpu in self.gpus]
        return {"kind": self.kind, "gpus": gpus, "driver": self.driver, "cuda": self.cuda}


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
        raise KitError(f"params.yaml: {module.name}.{DEVICE_CLASS}: is {asked}, and here is {here}; {WAYS_OUT}")
    return device


def needs_cuda(contract: Mapping[str, Any], section: Mapping[str, Any]) -> bool:
    """Whether a module, by its module.yaml and its section of params.yaml, runs on a GPU or not at all."""
    resources = contract.get("resources")
    device = resources.get("device") if isinstance(resources, dict) else None
    return device == CUDA or section.get(DEVICE_CLASS, CPU) != CPU


def _choice(module: Module, wanted: str, asked: str | None) -> str:
    """cpu, cuda or any, after all three had their say; what names a card asks for cuda."""
    choice = module.device
    for source, value in [
        ("KIT_DEVICE", wanted if choice == "any" or wanted == CPU else "any"),
        (f"params.yaml: {module.name}.{DEVICE_CLASS}", "any" if asked is None else CPU if asked == CPU else CUDA),
    ]:
        if "any" not in (choice, value) and choice != value:
            raise KitError(f"{source}: is {value}, and {module.shown} is to run on {choice}; {WAYS_OUT}")
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
    raise KitError(f"{module.shown}: needs {module.gpus} CUDA device(s), and this machine has {have}; {WAYS_OUT}")


@cache
def cuda_device() -> Device:
    """Every card that the CUDA driver shows to this process; none where there is no driver.

    Asks libcuda itself (CUDA Driver API: cuInit, cuDeviceGet…), so that no module's packages are needed.
    """
    if VISIBLE not in os.environ:
        os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return Device(CPU)
    count, version = ctypes.c_int(0), ctypes.c_int(0)
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return Device(CPU)
    driver.cuDriverGetVersion(ctypes.byref(version))
    cuda = f"{version.value // 1000}.{version.value % 1000 // 10}"
    return Device(CUDA, tuple(_gpu(driver, index) for index in range(count.value)), driver_version(), cuda)


def _gpu(driver: ctypes.CDLL, index: int) -> Gpu:
    card, name = ctypes.c_int(0), ctypes.create_string_buffer(128)
    uuid, memory = (ctypes.c_ubyte * 16)(), ctypes.c_size_t(0)
    driver.cuDeviceGet(ctypes.byref(card), index)
    driver.cuDeviceGetName(name, len(name), card)
    driver.cuDeviceGetUuid(uuid, card)
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), card)
    digits = bytes(uuid).hex()
    parts = [digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]]
    return Gpu(name.value.decode(errors="replace"), "GPU-" + "-".join(parts), memory.value)


def driver_version() -> str | None:
    """The version of the NVIDIA kernel module (Linux)."""
    try:
        return Path("/sys/module/nvidia/version").read_text(encoding="utf-8").strip()
    except OSError:
        return None
