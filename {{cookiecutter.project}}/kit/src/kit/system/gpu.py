"""This machine's graphics cards, as the CUDA driver tells them."""

import ctypes
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CPU, CUDA = "cpu", "cuda"


VISIBLE = "CUDA_VISIBLE_DEVICES"


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
