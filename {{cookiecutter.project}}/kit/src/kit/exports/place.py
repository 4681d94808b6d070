"""Where an export or a page goes."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.errors import KitError
from kit.lineage import History

REFUSED = (errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)


def place_for(output: str | None, history: History, name: str) -> Path:
    """Where the user wants something; else a place in the project, however deep in it the user stands."""
    if output or not history.has_working_tree:
        return Path(output or name)
    return Path(os.path.relpath(history.root / name))


@contextmanager
def writable(target: Path) -> Iterator[None]:
    """Make the folder of a target, and turn a place that cannot be written into one line.

    Raises:
        KitError: the system refuses; nothing else is swallowed.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        raise KitError(f"{target}: cannot be written: {error.strerror}; choose another place with -o") from None
