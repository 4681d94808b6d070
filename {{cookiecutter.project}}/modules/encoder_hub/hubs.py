"""Fetch a repository's weights, and its network if it brings one; what was fetched once is there without a network."""

from pathlib import Path

import torch
from huggingface_hub import hf_hub_download
from torch import nn


def pretrained(source: str, repo: str, revision: str, file: str, entry: str | None) -> tuple[Path, nn.Module | None]:
    """The weights' file, and the network that the function `entry` of hubconf.py gives (None without one).

    Files stay in HF_HOME or TORCH_HOME, by the commit, and are asked for only once. Code of a hub is only run where an
    entry is named.
    """
    if source == "huggingface":
        weights = Path(hf_hub_download(repo, file, revision=revision))
        if entry is None:
            return weights, None
        hubconf = Path(hf_hub_download(repo, "hubconf.py", revision=revision))
        return weights, torch.hub.load(str(hubconf.parent), entry, source="local", verbose=False)
    if entry is None:
        raise ValueError("torchhub: name the entry of hubconf.py that gives the network")
    network = torch.hub.load(f"{repo}:{revision}", entry, trust_repo=True, skip_validation=True, verbose=False)
    # As torch.hub names the folder of a repository at a revision (torch/hub.py, _get_cache_or_reload).
    return Path(torch.hub.get_dir()) / f"{repo.replace('/', '_')}_{revision}" / file, network
