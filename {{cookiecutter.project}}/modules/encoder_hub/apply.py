"""What a pretrained encoder of the network below does to images. Stands alone, so that a bundle can carry it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F


def load(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
    """From pixels (count, 64), 0 to 1, to embeddings (count, dim), both float32."""
    tensors = load_file(weights)
    encoder = Encoder(dim=len(tensors["linear.bias"]))
    encoder.load_state_dict(tensors)
    return lambda pixels: embed(encoder, torch.tensor(pixels).view(-1, 1, 8, 8))


def embed(encoder: nn.Module, images: Tensor) -> np.ndarray:
    """Embeddings (count, dim) of images (count, 1, 8, 8)."""
    with torch.no_grad():
        return encoder(images).cpu().numpy()


class Encoder(nn.Module):
    """Maps images (batch, 1, 8, 8) to non-negative embeddings (batch, dim)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1, stride=2)
        self.linear = nn.Linear(64 * 4 * 4, dim)

    def forward(self, images: Tensor) -> Tensor:
        hidden = F.relu(self.conv1(images))
        hidden = F.relu(self.conv2(hidden))
        return F.relu(self.linear(hidden.flatten(1)))
