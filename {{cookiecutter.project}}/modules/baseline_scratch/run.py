"""Train encoder_conv's network from scratch on the few labels alone: what transfer has to beat."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from calibration import best_temperature, softmax
from model import Encoder, augment
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    torch.use_deterministic_algorithms(True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    support, calibration, test = (pd.read_parquet(inputs[name]) for name in ("support", "calibration", "test"))

    labels = torch.tensor(support["label"].to_numpy())
    network = train(images_of(support).to(device), labels.to(device), **params)
    temperature = best_temperature(logits_of(network, images_of(calibration)), calibration["label"].to_numpy())
    print(f"temperature {temperature:.3f}")
    weights = {name: value.cpu() for name, value in network.state_dict().items()}
    save_file({**weights, "temperature": torch.tensor([temperature])}, outputs["network"])
    logits = logits_of(network, images_of(test))
    prediction_table(test["id"], logits, temperature).to_parquet(outputs["predictions"], index=False)


def train(
    images: Tensor, labels: Tensor, dim: int, steps: int, learning_rate: float, weight_decay: float, seed: int
) -> nn.Module:
    """A classifier fitted to augmented images (count, 1, 8, 8) and labels (count,) in full batches."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = nn.Sequential(Encoder(dim), nn.Linear(dim, int(labels.max()) + 1)).to(images.device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(network(augment(images, generator)), labels).backward()
        optimizer.step()
    return network


def images_of(table: pd.DataFrame) -> Tensor:
    """The images (count, 1, 8, 8) of a table with pixel columns p00 … p63."""
    return torch.tensor(table.filter(regex=r"^p\d\d$").to_numpy(dtype="float32")).view(-1, 1, 8, 8)


def logits_of(network: nn.Module, images: Tensor) -> np.ndarray:
    device = next(network.parameters()).device
    with torch.no_grad():
        return np.asarray(network(images.to(device)).cpu(), dtype="float64")


def prediction_table(ids: pd.Series, logits: np.ndarray, temperature: float) -> pd.DataFrame:
    """One row per image: id, score_K before and prob_K after calibration, for each class K."""
    table = pd.DataFrame({"id": ids.to_numpy()})
    for prefix, values in [("score", softmax(logits)), ("prob", softmax(logits / temperature))]:
        for label in range(logits.shape[1]):
            table[f"{prefix}_{label}"] = values[:, label]
    return table
