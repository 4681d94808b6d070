"""Read a module from a folder outside Git."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from kit.errors import KitError
from kit.library.package import Package, checked, params_in, types_named
from kit.library.safety import PLAIN_FILE, refuse, refuse_all


def folder_package(location: Path, name: str) -> Package:
    """A module in a folder outside Git.

    Raises:
        KitError: there is no such module, or it is refused.
    """
    inside = location.name == name and (location / "module.yaml").is_file()
    folder = location if inside else location / "modules" / name
    if not folder.is_dir():
        raise KitError(f"{location}: has no module {name}")
    root = folder.parent.parent
    files = _folder_files(folder)
    if "module.yaml" not in files:
        raise KitError(f"{folder}: has no module.yaml; nothing was added")
    types = types_named(files["module.yaml"], f"{folder}/module.yaml")
    found = {type_name: _one_file(root / "contracts" / f"{type_name}.yaml") for type_name in types}
    contracts = {type_name: data for type_name, data in found.items() if data is not None}
    params = _one_file(root / "params.yaml")
    return checked(Package(name, files, contracts, params_in(params, name), None), str(folder))


def _folder_files(folder: Path) -> Mapping[str, bytes]:
    """A folder's files; each is read only if it is a plain, small file."""
    found: dict[str, int] = {}
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        for name in [*names, *(child for child in folders if Path(here, child).is_symlink())]:
            path = Path(here, name)
            status = path.lstat()
            refuse(path.relative_to(folder).as_posix(), _mode(status), status.st_size)
            found[path.relative_to(folder).as_posix()] = status.st_size
    refuse_all(found.items())
    return {path: (folder / path).read_bytes() for path in found}


def _one_file(path: Path) -> bytes | None:
    if not path.is_file():
        return None
    status = path.lstat()
    refuse(path.name, _mode(status), status.st_size)
    return path.read_bytes()


def _mode(status: os.stat_result) -> str:
    """The file's mode, as Git would record it."""
    if stat.S_ISLNK(status.st_mode):
        return "120000"
    if not stat.S_ISREG(status.st_mode):
        return "040000"
    return "100755" if status.st_mode & 0o111 else PLAIN_FILE
