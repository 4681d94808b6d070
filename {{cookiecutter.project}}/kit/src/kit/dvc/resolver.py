"""dvc.yaml with every ${…} filled in, by DVC's own parser (3.67.1)."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dvc.exceptions import DvcException
from dvc.fs import LocalFileSystem
from dvc.parsing import DataResolver
from dvc.parsing.context import ContextError
from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA
from voluptuous import MultipleInvalid

from kit.dvc.yaml_loader import use_quick_loader
from kit.errors import KitError, one_line

FILE = "dvc.yaml"


class Resolver:
    """The stages of the project in a folder."""

    def __init__(self, root: Path, document: Any) -> None:
        """Check the document of dvc.yaml, and read the files of variables that it names.

        Raises:
            KitError: DVC does not accept it, or a variable is not defined.
        """
        use_quick_loader()
        try:
            COMPILED_MULTI_STAGE_SCHEMA(document)
            # The resolver asks a repository for these two only; opening a real one would cost 0.4 s.
            repo = SimpleNamespace(fs=LocalFileSystem(), config={})
            self._resolver = DataResolver(repo, str(root), document)
        except MultipleInvalid as error:
            where = ".".join(str(step) for step in error.path)
            path = tuple(step for step in error.path if isinstance(step, str | int))
            raise KitError(": ".join(filter(None, [where, error.msg])), FILE, at=path) from None
        except (DvcException, ContextError) as error:
            raise KitError(one_line(error), FILE) from None
        except TypeError as error:  # DVC raises it for a date
            raise KitError(f"{one_line(error)}; put it in quotes", "params.yaml") from None

    def names(self) -> list[str]:
        """The stages in the order of dvc.yaml; those of a matrix one by one."""
        return list(self._resolver.get_keys())

    def has(self, name: str) -> bool:
        return bool(self._resolver.has_key(name))

    def definition(self, name: str) -> Mapping[str, Any]:
        """A stage's definition.

        Raises:
            KitError: it cannot be resolved.
        """
        try:
            found: Mapping[str, Any] = self._resolver.resolve_one(name)[name]
        except (DvcException, ContextError) as error:
            raise KitError(one_line(error), FILE, at=("stages", name)) from None
        return found
