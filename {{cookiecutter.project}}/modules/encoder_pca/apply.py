"""What fitted components do to images. Stands alone, so that a bundle can carry it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def load(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
    """From pixels (count, 64) to scores (count, dim), both float32."""
    tensors = load_file(weights)
    return lambda pixels: scores(pixels, tensors["mean"], tensors["components"])


def scores(pixels: np.ndarray, mean: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Pixels (count, 64), less the mean (64,), along the components (dim, 64)."""
    return (pixels - mean) @ components.T
