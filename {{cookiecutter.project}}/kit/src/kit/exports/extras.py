"""Packages that only some commands need."""

from collections.abc import Iterator
from contextlib import contextmanager

from kit.errors import KitError


@contextmanager
def needed(package: str, extra: str) -> Iterator[None]:
    """Turn the import error of a missing package into a line that says how to install it.

    Raises:
        KitError: the import in this block fails.
    """
    try:
        yield
    except ImportError as error:
        raise KitError(f"the package {package} is not installed ({error}); run `uv sync --extra {extra}`") from None
