"""Embed every split with a pretrained encoder from Hugging Face or PyTorch Hub."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from apply import Encoder, embed
from hubs import pretrained
from safetensors.torch import load_file, save_file

SPLITS = ["unlabelled", "support", "calibration", "test"]


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    torch.use_deterministic_algorithms(True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    weights, network = pretrained(params["source"], params["repo"], params["revision"], params["file"], params["entry"])
    check_digest(weights, params["sha256"])
    tensors = {name: value.float() for name, value in load_file(weights).items() if value.is_floating_point()}
    network = network or Encoder(dim=len(tensors["linear.bias"]))
    lacking = network.load_state_dict(tensors, strict=False).missing_keys
    parameters = dict(network.named_parameters())
    if missing := [name for name in lacking if name in parameters]:
        raise ValueError(f"{params['file']} has no {', '.join(missing)}, which the network needs")
    save_file(tensors, outputs["encoder"])
    parts = [embedded(split, pd.read_parquet(inputs[split]), network.eval().to(device), device) for split in SPLITS]
    pd.concat(parts, ignore_index=True).to_parquet(outputs["embeddings"], index=False)


def check_digest(file: Path, sha256: str) -> None:
    """Refuse weights that are not the ones that were meant."""
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != sha256:
        raise ValueError(f"the weights have SHA-256 {found}, and params.yaml says {sha256}")


def embedded(split: str, table: pd.DataFrame, network: torch.nn.Module, device: str) -> pd.DataFrame:
    """One row per image: id, split and columns e000, e001, …"""
    pixels = torch.tensor(table.filter(regex=r"^p\d\d$").to_numpy("float32"))
    values = np.asarray(embed(network, pixels.view(-1, 1, 8, 8).to(device)), dtype="float32")
    found = pd.DataFrame(values, columns=[f"e{i:03d}" for i in range(values.shape[1])])
    found.insert(0, "id", table["id"].to_numpy())
    found.insert(1, "split", split)
    return found
