"""This machine's graphics cards, according to the CUDA driver."""

import ctypes
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CPU, CUDA = "cpu", "cuda"
VISIBLE, ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"


@dataclass(frozen=True)
class Gpu:
    """One card; memory in bytes, `id` as in CUDA_VISIBLE_DEVICES on this machine."""

    name: str
    uuid: str
    memory: int
    id: str


@dataclass(frozen=True)
class Device:
    """cpu or cuda, with the cards and the driver that a run may use.

    `order` is the order in which the ids count the machine's cards; None if it is that of the environment.
    """

    kind: str
    gpus: tuple[Gpu, ...] = ()
    driver: str | None = None
    cuda: str | None = None
    order: str | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that make a process see these cards and no others."""
        order = {ORDER: self.order} if self.order else {}
        return {VISIBLE: ",".join(gpu.id for gpu in self.gpus), **order}

    @property
    def description(self) -> dict[str, Any]:
        """Its description in run.json."""
        gpus = [{"name": gpu.name, "uuid": gpu.uuid, "memory_bytes": gpu.memory} for gpu in self.gpus]
        return {"kind": self.kind, "gpus": gpus, "driver": self.driver, "cuda": self.cuda}


@cache
def cuda_device() -> Device:
    """Every card that the CUDA driver shows to this process; none if there is no driver.

    Asks libcuda itself (CUDA Driver API: cuInit, cuDeviceGet…), so that no module's packages are needed. Where the
    environment names cards, they are called as it calls them, in its order. Else they are counted by their place on
    the PCI bus, in whatever order the driver shows them.
    """
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return Device(CPU)
    count, version = ctypes.c_int(0), ctypes.c_int(0)
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return Device(CPU)
    driver.cuDriverGetVersion(ctypes.byref(version))
    cuda = f"{version.value // 1000}.{version.value % 1000 // 10}"
    cards = [_card(driver, index) for index in range(count.value)]
    given = os.environ.get(VISIBLE)
    ids = [name.strip() for name in given.split(",")] if given else [str(index) for index in range(len(cards))]
    ordered = cards if given else sorted(cards, key=lambda card: _bus(driver, card))
    gpus = tuple(_gpu(driver, card, name) for card, name in zip(ordered, ids, strict=False))
    return Device(CUDA, gpus, driver_version(), cuda, None if given else "PCI_BUS_ID")


def _card(driver: ctypes.CDLL, index: int) -> ctypes.c_int:
    """The driver's handle of a card."""
    card = ctypes.c_int(0)
    driver.cuDeviceGet(ctypes.byref(card), index)
    return card


def _bus(driver: ctypes.CDLL, card: ctypes.c_int) -> tuple[int, ...]:
    """A card's place on the PCI bus: domain, bus, device, function."""
    place = ctypes.create_string_buffer(32)
    driver.cuDeviceGetPCIBusId(place, len(place), card)
    return tuple(int(part, 16) for part in re.findall(r"[0-9a-f]+", place.value.decode(errors="replace").lower()))


def _gpu(driver: ctypes.CDLL, card: ctypes.c_int, name: str) -> Gpu:
    label, uuid, memory = ctypes.create_string_buffer(128), (ctypes.c_ubyte * 16)(), ctypes.c_size_t(0)
    driver.cuDeviceGetName(label, len(label), card)
    driver.cuDeviceGetUuid(uuid, card)
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), card)
    digits = bytes(uuid).hex()
    parts = [digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]]
    return Gpu(label.value.decode(errors="replace"), "GPU-" + "-".join(parts), memory.value, name)


def driver_version() -> str | None:
    """The version of the NVIDIA kernel module (Linux)."""
    try:
        return Path("/sys/module/nvidia/version").read_text(encoding="utf-8").strip()
    except OSError:
        return None
