"""What a trained head does to embeddings. Stands alone, so that a bundle can carry it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def load(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
    """From aligned embeddings (count, dim) to calibrated probabilities (count, classes)."""
    head = load_file(weights)
    return lambda values: softmax(logits_of(head, values) / float(head["temperature"][0]))


def logits_of(head: dict[str, np.ndarray], values: np.ndarray) -> np.ndarray:
    """Logits (count, classes) of values (count, dim): affine layers N.weight, N.bias in order, ReLU between them."""
    layers = sorted({int(name.split(".")[0]) for name in head if "." in name})
    for number in layers:
        values = values @ head[f"{number}.weight"].T + head[f"{number}.bias"]
        if number != layers[-1]:
            values = np.maximum(values, 0)
    return values.astype("float64")


def softmax(logits: np.ndarray) -> np.ndarray:
    """Rows of logits (count, classes) as probabilities."""
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)
