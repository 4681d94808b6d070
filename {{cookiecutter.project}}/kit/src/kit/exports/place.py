"""The path to which an export or a page is written."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.errors import KitError
from kit.lineage import History

REFUSED = (errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)


def place_for(output: str | None, history: History, name: str) -> Path:
    """The path that the user named; else one in the project, whatever the working directory."""
    if output or not history.has_working_tree:
        return Path(output or name)
    return Path(os.path.relpath(history.root / name))


@contextmanager
def writable(target: Path) -> Iterator[None]:
    """Make the folder of a target, and turn an error of the file system into one line.

    Raises:
        KitError: the target cannot be written; other errors pass.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        raise KitError(f"{target}: cannot be written: {error.strerror}; choose another place with -o") from None
