"""Checks of the embedding spaces that a module declares."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from kit.errors import KitError
from kit.formats.embedded_metadata import STAMPS
from kit.project.module import Module
from kit.project.ports import PortBindings


def check_spaces(module: Module, bindings: PortBindings, kinds: Mapping[str, str]) -> None:
    """Check that the spaces of a module's outputs are defined and can be stored; `kinds` maps output ports to kinds.

    Raises:
        KitError: a file cannot carry metadata, or a space is defined by something other than weights.
    """
    file = f"{module.label}/module.yaml"
    for port, source in module.spaces.items():
        where = f"outputs.{port}.space"
        if PurePosixPath(bindings.outputs[port]).suffix not in STAMPS:
            raise KitError(f"{where}: {bindings.outputs[port]} is neither .parquet nor .safetensors", file)
        seen = [port]
        while source in module.outputs:
            if kinds[source] != "tensors":
                raise KitError(f"{where}: {source} holds no tensors, and only weights define a space", file)
            if module.spaces.get(source, source) == source:
                break
            if source in seen[1:]:
                raise KitError(f"{where}: {source} is defined by itself, through a cycle", file)
            seen.append(source)
            source = module.spaces[source]
