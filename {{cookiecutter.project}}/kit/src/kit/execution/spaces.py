"""Embedding spaces: which weights define the space that vectors lie in, carried in the files' own metadata.

Vectors of equal shape from two encoders cannot be mixed; their `space_id` differs. The id of a space is the tensor
digest of the weights that define it. Weights that are applied to vectors of another space, as an adapter's are, define
their space together with that one: SHA-256 of [tensor digest, id of the other space] in JSON.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kit.errors import KitError
from kit.formats import safetensors_file
from kit.formats.embedded_metadata import KEY, STAMPS, space_of
from kit.project.module import Module
from kit.project.ports import PortBindings
from kit.project.stage import Stage


def refuse_mismatch(stage: Stage, module: Module, bindings: PortBindings, inputs: Mapping[str, Path]) -> None:
    """Compare the spaces of inputs that `match`, and require one of inputs whose space outputs take.

    Raises:
        KitError: two lie in different spaces, or one has no space_id.
    """
    lending = [port for port in module.spaces.values() if port in module.inputs]
    found = {port: space_of(inputs[port]) for port in dict.fromkeys([*module.matches, *lending])}
    for port, space in found.items():
        path = bindings.inputs[port]
        if space is None:
            raise KitError(f"carries no {KEY}, which {module.name} needs; run the stage that made it again", path)
        first = next(iter(found))
        if port in module.matches and space != found[first]:
            other = f"{bindings.inputs[first]} ({str(found[first])[:12]})"
            message = f"lies in another embedding space ({space[:12]}) than {other}, and stage {stage.name} needs both"
            raise KitError(f"{message} in one; an adapter is missing: see docs/embedding-spaces.md", path)


def stamp_outputs(module: Module, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    """Write the space_id into each output that has a space; the inputs' own ones were checked before.

    Raises:
        KitError: an output is damaged, or not of the format that its name says.
    """

    @cache
    def space(port: str) -> str:
        """The id of the space that a port defines (weights) or is in (an input)."""
        if port in inputs:
            return str(space_of(inputs[port]))
        digest, base = safetensors_file.tensor_digest(outputs[port]), module.spaces.get(port, port)
        if base == port:
            return digest
        return hashlib.sha256(json.dumps([digest, space(base)], separators=(",", ":")).encode()).hexdigest()

    try:
        for port, found in [(port, space(source)) for port, source in module.spaces.items()]:
            STAMPS[outputs[port].suffix](outputs[port], KEY, found)
    except ValueError as error:
        raise KitError(f"an output cannot be given its {KEY}: {error}", module.label) from None
