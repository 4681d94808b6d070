"""What a fitted map does to embeddings. Stands alone, so that a bundle can carry it; the same in every adapter."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def load(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
    """From embeddings (count, dim) to aligned ones (count, aligned), both float32."""
    tensors = load_file(weights)
    return lambda values: aligned(values, **tensors)


def aligned(values: np.ndarray, mean: np.ndarray, projection: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Values (count, dim) through the affine map of contracts/linear_map.yaml."""
    return (values - mean) @ projection + offset
