"""Changes to a project's files that are applied together or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kit.errors import KitError
from kit.project.project import Project


@dataclass
class Changes:
    """Files to write (None: to remove), by their path in the project."""

    project: Project
    files: dict[str, bytes | None] = field(default_factory=dict)

    def write(self, path: str, text: str | bytes) -> None:
        self.files[path] = text.encode() if isinstance(text, str) else text

    def remove(self, path: str) -> None:
        self.files[path] = None

    def text(self, path: str) -> str:
        """A file's text after the changes; empty if there is none.

        Raises:
            KitError: it is not in UTF-8.
        """
        place = self.project.root / path
        data = self.files[path] if path in self.files else place.read_bytes() if place.is_file() else None
        try:
            return (data or b"").decode()
        except UnicodeDecodeError:
            raise KitError(f"{path}: is not UTF-8 text") from None

    def apply(self) -> None:
        """Write and remove the files; if one of them fails, restore everything.

        Raises:
            KitError: a file cannot be written.
        """
        with self.applied():
            pass

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The same, together with another action: if that fails, everything is restored, too.

        Raises:
            KitError: a file cannot be written or restored.
        """
        kept = {path: _content(self.project.root / path) for path in self.files}
        writing = ""
        try:
            for path, data in self.files.items():
                writing = path
                _put(self.project.root / path, data)
            writing = ""
            yield
        except BaseException as error:
            left = list(filter(None, (self._put_back(path, data) for path, data in kept.items())))
            if writing and isinstance(error, OSError):
                outcome = "; ".join(left) or "nothing was changed"
                raise KitError(f"{writing}: cannot be written ({error.strerror}); {outcome}") from None
            if left:
                raise KitError(f"{'; '.join(left)}. Before that: {error}") from error
            raise

    def _put_back(self, path: str, data: bytes | None) -> str:
        """Restore a file; returns what a person must do if that fails."""
        place = self.project.root / path
        try:
            if _content(place) != data:
                _put(place, data)
        except OSError:
            way_out = "removed again; delete it" if data is None else f"put back: git restore {path}"
            return f"{path} could not be {way_out}"
        return ""


def _content(place: Path) -> bytes | None:
    return place.read_bytes() if place.is_file() else None


def _put(place: Path, data: bytes | None) -> None:
    """Replace a file atomically, or remove it and the folders that become empty."""
    if data is None:
        place.unlink(missing_ok=True)
        _remove_leftovers(place.parent)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    mode = place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_umask()
    descriptor, fresh = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.chmod(fresh, mode)
        os.replace(fresh, place)
    finally:
        Path(fresh).unlink(missing_ok=True)


def _remove_leftovers(folder: Path) -> None:
    """Remove a folder that contains only caches of Python, and so on upwards."""
    while folder.is_dir() and all(child.name == "__pycache__" for child in folder.iterdir()):
        shutil.rmtree(folder)
        folder = folder.parent


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
