"""DVC's configuration of a project."""

from pathlib import Path

from dvc.config import Config
from dvc.exceptions import DvcException


def cache_folder(root: Path) -> Path:
    """The folder of DVC's cache of a project; linked outs point into it."""
    config = Config(dvc_dir=str(root / ".dvc"), validate=True)
    return Path(config.get("cache", {}).get("dir") or root / ".dvc" / "cache")


def unverified_remotes(root: Path) -> list[str]:
    """The DVC remotes whose downloads are not checked against their hashes, which is DVC's default for clouds."""
    try:
        remotes = Config(dvc_dir=str(root / ".dvc"), validate=False).get("remote") or {}
    except (DvcException, ValueError):
        return []  # DVC says so itself
    return [name for name, remote in remotes.items() if str(remote.get("verify", "false")).lower() != "true"]
