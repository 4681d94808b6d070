"""What a module's process may read and write: its code, its declared inputs, its environment and the system."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.confinement import landlock
from kit.dvc.config import cache_folder
from kit.errors import KitError
from kit.execution.staging import Staging
from kit.project.module import Module
from kit.project.module_code import code_files
from kit.project.project import Project
from kit.system.caches import downloads

SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/proc", "/sys"]
SYSTEM += ["/nix/store", "/gnu/store", "/run/systemd/resolve", "/run/nvidia"]
SYSTEM += [f"/opt/{toolkit}" for toolkit in ("cuda", "rocm", "nvidia", "intel")]
DEVICES = ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "dri", "kfd", "infiniband"]
TCP_SINCE = 4


@dataclass(frozen=True)
class Sandbox:
    """Rules (right, resolved path) of the kernel's Landlock; none where the process is not confined."""

    rules: tuple[tuple[str, str], ...]
    network: bool
    abi: int

    @property
    def description(self) -> dict[str, object]:
        """Its description in run.json."""
        if not self.abi:
            return {"isolation": "none"}
        denied = not self.network and self.abi >= TCP_SINCE
        return {"isolation": "landlock", "landlock_abi": self.abi, "network": "denied" if denied else "allowed"}

    def grants(self, path: Path, *rights: str) -> bool:
        """Whether a rule covers a resolved path."""
        return any(right in rights and path.is_relative_to(base) for right, base in self.rules)


def landlock_abi() -> int:
    """The Landlock version to use; 0, with a warning, if there is none or KIT_ISOLATION turns it off.

    Raises:
        KitError: KIT_ISOLATION is unknown, or requires what the kernel lacks.
    """
    wanted, abi = os.environ.get("KIT_ISOLATION", "on"), landlock.abi()
    if wanted not in ("on", "off", "require"):
        raise KitError(f"KIT_ISOLATION={wanted}: must be on (the default), off or require")
    if wanted == "off" or not abi:
        why = "KIT_ISOLATION=off" if wanted == "off" else "this system has no Landlock (Linux 5.13 or newer)"
        if wanted == "require":
            raise KitError(f"KIT_ISOLATION=require: {why}; run on one that has it")
        hint = "undeclared files can be read unnoticed, and run.json says so"
        print(f"kit: warning: not isolated: {why}; {hint}", file=sys.stderr, flush=True)
        return 0
    return abi


def sandbox_for(
    project: Project, module: Module, inputs: Iterable[Path], programs: Iterable[Path], staging: Staging, gpu: bool
) -> Sandbox:
    """The sandbox of one run; `programs` are the folders and files of its Python, `gpu` whether CUDA may be used."""
    abi = landlock_abi()
    if not abi:
        return Sandbox((), True, 0)
    libraries = [Path(path) for path in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if path]
    system = [*map(Path, SYSTEM), *libraries, *programs]
    readable = [part for folder in system for part in around(folder.resolve(), project.root)]
    readable += [*code_files(project, module.folder), staging.path / "job.json"]
    readable += [target for path in inputs for target in reachable(project, path)]
    mps = Path(os.environ.get("CUDA_MPS_PIPE_DIRECTORY") or "/tmp/nvidia-mps")  # CUDA's multi-process service
    fetched = [downloads()] if module.network else []
    rights: Mapping[str, Iterable[Path]] = {
        "list": [Path("/dev"), module.folder],
        "read": readable,
        # The CUDA driver names its threads in /proc; denied, cuInit fails with 304 (NVIDIA/OpenShell issue 1486).
        "update": [*devices(), *([Path("/proc"), mps] if gpu else [])],
        "write": [staging.outputs, staging.scratch, staging.temporary, Path("/dev/shm"), *fetched],
    }
    rules = dict.fromkeys((right, str(path.resolve())) for right, paths in rights.items() for path in paths)
    return Sandbox(tuple(rules), module.network, abi)


def around(folder: Path, project: Path) -> Iterator[Path]:
    """A folder; if the project is inside it, its entries without those that contain the project."""
    if not project.is_relative_to(folder):
        yield folder
    elif folder != project and folder.is_dir():
        for entry in folder.iterdir():
            yield from around(entry, project)


def reachable(project: Project, path: Path) -> Iterator[Path]:
    """An input and, if DVC linked a folder's files to its cache, the cached files; other links are not followed."""
    yield path
    links = [file for file in path.rglob("*") if file.is_symlink()] if path.is_dir() else []
    if links:
        cache = cache_folder(project.root).resolve()
        yield from (link for link in links if link.resolve().is_relative_to(cache) and link.is_file())


def devices() -> Iterator[Path]:
    """Devices that every process may use, graphics cards among them."""
    yield from (Path("/dev") / name for name in DEVICES)
    yield from Path("/dev").glob("nvidia*")
