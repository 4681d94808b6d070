"""Whether the embedding spaces that a module declares can be told and carried."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from kit.errors import KitError
from kit.formats.embedded_metadata import STAMPS
from kit.project.module import Module
from kit.project.ports import PortBindings


def check_spaces(module: Module, bindings: PortBindings, kinds: Mapping[str, str]) -> None:
    """Whether the spaces of a module's outputs can be told and carried; `kinds` maps output ports to contract kinds.

    Raises:
        KitError: a file cannot carry metadata, or a space is defined by something other than weights.
    """
    where = f"{module.label}/module.yaml: outputs"
    for port, source in module.spaces.items():
        if PurePosixPath(bindings.outputs[port]).suffix not in STAMPS:
            raise KitError(f"{where}.{port}.space: {bindings.outputs[port]} is neither .parquet nor .safetensors")
        seen = [port]
        while source in module.outputs:
            if kinds[source] != "tensors":
                raise KitError(f"{where}.{port}.space: {source} holds no tensors, and only weights define a space")
            if module.spaces.get(source, source) == source:
                break
            if source in seen[1:]:
                raise KitError(f"{where}.{port}.space: {source} is defined by itself in a circle")
            seen.append(source)
            source = module.spaces[source]
