"""Load the model that this folder holds: torch.hub.load(FOLDER, "model", source="local")."""

import json
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

dependencies = ["numpy", "safetensors", "torch"]
HERE = Path(__file__).resolve().parent
PARTS = ["encoder", "adapter", "head"]


class Model(nn.Module):
    """The composition of the parts, each applied by the code of the module that made it."""

    def __init__(self, folder: Path = HERE) -> None:
        super().__init__()
        self.contract = json.loads((folder / "contract.json").read_text())
        self.parts = [loaded(folder / part) for part in PARTS]

    def forward(self, images: Tensor) -> Tensor:
        """Class probabilities (count, classes), float64, of images (count, 64) or (count, 1, 8, 8) with values 0 to 1.

        Raises:
            ValueError: the images are of another shape, or have other values.
        """
        expected = self.contract["input"]
        values = images.detach().cpu().to(torch.float32).flatten(1).numpy()
        if values.shape[1] != expected["features"]:
            raise ValueError(f"an image has {values.shape[1]} values, and must have {expected['features']}")
        low, high = expected["minimum"], expected["maximum"]
        if not ((values >= low) & (values <= high)).all():
            raise ValueError(f"pixels must be between {low} and {high}, and none may be missing")
        for apply in self.parts:
            values = apply(values)
        return torch.from_numpy(values)


def model() -> Model:
    """The model, on the CPU."""
    return Model()


def loaded(part: Path) -> Callable[[np.ndarray], np.ndarray]:
    """A part's function of arrays, from its code and its weights."""
    spec = spec_from_file_location(f"bundle_{part.name}", part / "apply.py")
    assert spec
    assert spec.loader
    code = module_from_spec(spec)
    spec.loader.exec_module(code)
    return code.load(part / "weights.safetensors")
