"""Train a small neural network on a few labelled embeddings and calibrate its confidence."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from calibration import best_temperature
from safetensors.torch import save_file
from tables import labelled
from torch import nn
from torch.nn import functional as F


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    torch.use_deterministic_algorithms(True)
    embeddings = pd.read_parquet(inputs["aligned"])
    support = labelled(embeddings, pd.read_parquet(inputs["support"]))
    calibration = labelled(embeddings, pd.read_parquet(inputs["calibration"]))

    network = train(*support, **params)
    temperature = best_temperature(logits_of(network, calibration[0]), calibration[1])
    print(f"temperature {temperature:.3f}")
    weights = {name: value.cpu() for name, value in network.state_dict().items()}
    save_file({**weights, "temperature": torch.tensor([temperature])}, outputs["head"])


def train(
    values: np.ndarray,
    labels: np.ndarray,
    hidden: int,
    steps: int,
    learning_rate: float,
    weight_decay: float,
    seed: int,
) -> nn.Module:
    """A network of one hidden layer fitted to values (count, dim) and labels (count,) in full batches."""
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    classes = int(labels.max()) + 1
    network = nn.Sequential(nn.Linear(values.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, classes)).to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
    inputs, targets = torch.tensor(values, device=device), torch.tensor(labels, device=device)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(network(inputs), targets).backward()
        optimizer.step()
    return network


def logits_of(network: nn.Module, values: np.ndarray) -> np.ndarray:
    device = next(network.parameters()).device
    with torch.no_grad():
        return np.asarray(network(torch.tensor(values, device=device)).cpu(), dtype="float64")
