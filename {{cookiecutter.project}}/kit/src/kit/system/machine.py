"""The machine that a stage ran on, for run.json. Nothing here is part of a cache key."""

import getpass
import os
import platform
from pathlib import Path
from typing import Any

# These change which kernels numerical libraries choose, and so the last bits of their results.
FEATURES = {"sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "asimd", "sve", "sve2"}


def description() -> dict[str, Any]:
    """Host, user, system, processor with its instruction sets, cores that may be used, and memory in bytes."""
    model, features = processor()
    return {
        "host": platform.node(),
        "user": user(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": model,
        "cpu_features": features,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None,
    }


def processor() -> tuple[str, list[str]]:
    """The processor's name, and those of its instruction sets that numerical libraries choose by."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine(), []
    lines = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    fields = {name.strip(): value.strip() for name, _, value in lines}
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    return fields.get("model name") or platform.machine(), sorted(FEATURES & set(flags))


def user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in containers
        return None
