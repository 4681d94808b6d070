"""Where the kit keeps what it can make or fetch again."""

import os
from pathlib import Path

import platformdirs


def environments_folder() -> Path:
    """Where environments are kept."""
    return _cache() / "environments"


def downloads() -> Path:
    """Where modules that may use the network keep what they fetched, for later runs and other projects; made if needed.

    Its content is untrusted: a module checks it against a digest each time.
    """
    folder = _cache() / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _cache() -> Path:
    """KIT_CACHE_DIR, or the user's cache."""
    return Path(os.environ.get("KIT_CACHE_DIR") or platformdirs.user_cache_dir("kit")).absolute()
