"""Train an image encoder without labels (SimCLR) and embed every split with it."""

from pathlib import Path
from typing import Any

import torch
from apply import Encoder, embed
from model import augment, contrastive_loss
from safetensors.torch import save_file
from tables import SPLITS, embedding_table, read_images
from torch import Tensor, nn


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    torch.use_deterministic_algorithms(True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    encoder = train(read_images(inputs["unlabelled"])[1].to(device), **params)
    save_file({name: value.cpu() for name, value in encoder.state_dict().items()}, outputs["encoder"])

    embedded = []
    for split in SPLITS:
        ids, images = read_images(inputs[split])
        embedded.append((split, ids, embed(encoder, images.to(device))))
    embedding_table(embedded).to_parquet(outputs["embeddings"], index=False)


def train(
    images: Tensor, dim: int, epochs: int, batch_size: int, learning_rate: float, temperature: float, seed: int
) -> Encoder:
    """An encoder trained on images (count, 1, 8, 8); with epochs 0 it stays at its random start."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    encoder = Encoder(dim).to(images.device)
    projection = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, 64)).to(images.device)
    optimizer = torch.optim.Adam([*encoder.parameters(), *projection.parameters()], lr=learning_rate)
    for epoch in range(epochs):
        losses = []
        for batch in torch.randperm(len(images), generator=generator).split(batch_size):
            one, two = (augment(images[batch], generator) for _ in range(2))
            loss = contrastive_loss(projection(encoder(one)), projection(encoder(two)), temperature)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.4f}", flush=True)
    return encoder
