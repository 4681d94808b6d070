"""A small convolutional encoder for 8x8 images and its contrastive objective."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


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


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Shift, rotate, scale and shear each image a little at random, and add noise; same shape."""
    count = len(images)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    angle, scale, shear = uniform(-0.25, 0.25), uniform(0.85, 1.15), uniform(-0.15, 0.15)
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    rows = [
        torch.stack([cos, shear - sin, uniform(-0.2, 0.2)], dim=1),
        torch.stack([sin, cos, uniform(-0.2, 0.2)], dim=1),
    ]
    affine = torch.stack(rows, dim=1).to(images.device)
    grid = F.affine_grid(affine, list(images.shape), align_corners=False)
    noise = 0.05 * torch.randn(images.shape, generator=generator).to(images.device)
    return F.grid_sample(images, grid, align_corners=False) + noise


def contrastive_loss(one: Tensor, two: Tensor, temperature: float) -> Tensor:
    """NT-Xent (Chen et al. 2020, SimCLR, eq. 1) for two views (batch, features) of the same images."""
    views = F.normalize(torch.cat([one, two]), dim=1)
    similarity = views @ views.T / temperature
    similarity.fill_diagonal_(float("-inf"))
    partner = torch.arange(len(views), device=views.device).roll(len(one))
    return F.cross_entropy(similarity, partner)
