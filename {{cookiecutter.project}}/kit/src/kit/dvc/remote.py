"""A project's DVC remote, read through DVC (3.67.1)."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from dvc.config import NoRemoteError
from dvc.exceptions import DvcException
from dvc.repo import Repo

from kit.errors import KitError, one_line

CHUNK = 1 << 20
Digest = Callable[[str], str | None]


def remote_digest(root: Path) -> Digest | None:
    """A function from a content's MD5 to the MD5 of what the default remote really holds under it; None: nothing.

    Every byte is downloaded. None instead of a function where the project has no default remote.

    Raises:
        KitError: the remote cannot be reached, now or when it is asked; its own words stand in the message.
    """
    try:
        store = Repo(str(root)).cloud.get_remote_odb()
    except NoRemoteError:
        return None
    except (DvcException, OSError, ImportError) as error:
        raise KitError(f"remote: {one_line(error)}") from None

    def digest(md5: str) -> str | None:
        place = store.oid_to_path(md5)
        found = hashlib.md5(usedforsecurity=False)
        try:
            with store.fs.open(place, "rb") as stream:
                while chunk := stream.read(CHUNK):
                    found.update(chunk)
        except FileNotFoundError as error:
            if reason := _not_reached(error):
                raise KitError(f"remote: {place}: {one_line(reason) or type(reason).__name__}") from None
            return None
        except Exception as error:  # each kind of store has errors of its own
            raise KitError(f"remote: {place}: {one_line(error) or type(error).__name__}") from None
        return found.hexdigest()

    return digest


def missing_at_remote(root: Path, hashes: Iterable[str]) -> list[str] | None:
    """Those of some contents, by their MD5, that the default remote does not have; None without a remote.

    Nothing is downloaded.

    Raises:
        KitError: the remote cannot be reached.
    """
    wanted = sorted(set(hashes))
    try:
        found = set(Repo(str(root)).cloud.get_remote_odb().oids_exist(wanted))
    except NoRemoteError:
        return None
    except Exception as error:  # each kind of store has errors of its own
        raise KitError(f"remote: {one_line(error) or type(error).__name__}") from None
    return [md5 for md5 in wanted if md5 not in found]


def _not_reached(error: BaseException) -> BaseException | None:
    """The connection error behind a missing file, if there is one: fsspec's HTTP store reports both as missing."""
    behind = error.__cause__ or error.__context__
    while behind is not None:
        if isinstance(behind, OSError) and not isinstance(behind, FileNotFoundError):
            return behind
        behind = behind.__cause__ or behind.__context__
    return None
