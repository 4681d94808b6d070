"""The folders for what the kit can build or download again."""

import os
from pathlib import Path

import platformdirs


def environments_folder() -> Path:
    """The folder of all environments."""
    return _cache() / "environments"


def downloads() -> Path:
    """The folder for downloads of modules with network access, for later runs and other projects; created if needed.

    Its content is untrusted: a module checks it against a digest each time.
    """
    folder = _cache() / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _cache() -> Path:
    """KIT_CACHE_DIR, or the user's cache."""
    return Path(os.environ.get("KIT_CACHE_DIR") or platformdirs.user_cache_dir("kit")).absolute()
