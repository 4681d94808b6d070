"""A project's folder and the paths of its parts."""

from dataclasses import dataclass
from pathlib import Path

from kit.errors import KitError


@dataclass(frozen=True)
class Project:
    """A folder with a dvc.yaml."""

    root: Path

    @property
    def modules(self) -> Path:
        return self.root / "modules"

    @property
    def contracts(self) -> Path:
        return self.root / "contracts"

    @property
    def staging(self) -> Path:
        """Outputs are here until they are checked; on the same file system as their final paths."""
        return self.root / ".kit" / "staging"

    def module_names(self) -> list[str]:
        """The folders under modules/, sorted, without hidden ones and __pycache__."""
        if not self.modules.is_dir():
            return []
        return sorted(p.name for p in self.modules.iterdir() if p.is_dir() and p.name[0] not in "._")


def find_project(start: Path | None = None) -> Project:
    """The project of the folder `start` (default: the working directory).

    Raises:
        KitError: neither the folder nor any above it has a dvc.yaml.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file():
            return Project(folder)
    raise KitError(f"{here}: no dvc.yaml here or in a folder above; change into a project")
