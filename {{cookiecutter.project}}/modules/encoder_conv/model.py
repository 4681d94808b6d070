"""What the encoder learns from: two random views of an image, and the contrastive objective."""

import torch
from torch import Tensor
from torch.nn import functional as F


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
