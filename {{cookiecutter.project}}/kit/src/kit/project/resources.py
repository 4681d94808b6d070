"""The resources that a module needs."""

from collections.abc import Mapping
from typing import Any

from kit.project.module import DEVICE_CLASS
from kit.system.gpu import CPU, CUDA


def needs_cuda(contract: Mapping[str, Any], section: Mapping[str, Any]) -> bool:
    """Whether a module, by its module.yaml and its section of params.yaml, can only run on a GPU."""
    resources = contract.get("resources")
    device = resources.get("device") if isinstance(resources, dict) else None
    return device == CUDA or section.get(DEVICE_CLASS, CPU) != CPU
