"""The bytecode of installed packages: linked from an environment that has the same ones, compiled where none has."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kit.confinement import children
from kit.environments.environment import Environment, executable_in
from kit.environments.installed import Distribution, distributions, site_packages

# Bytecode that knows its source by content and not by time: a cache of CI brings files back with other times, and then
# everything would be compiled again at each start. To import pandas took 0.42 s; by time 0.44 s, and then 1.57 s.
COMPILE = ("-I", "-S", "-m", "compileall", "-qq", "-j", "0", "--invalidation-mode", "checked-hash")


def add_bytecode(environment: Path, others: Iterable[Environment]) -> None:
    """Add the bytecode of every package, because nothing may write into an environment later.

    Args:
        environment: a folder with packages that were just installed.
        others: environments of the same Python, which may have some of the same packages.
    """
    missing = distributions(environment)
    for other in others:
        if not missing:
            return
        known = other.manifest.get("bytecode", {})
        missing = [one for one in missing if not _link(one, site_packages(other.path), known)]
    _compile(environment, missing)


def bytecode_digests(environment: Path) -> dict[str, str]:
    """Package, by the name of its *.dist-info folder, to a digest of its bytecode."""
    return {found.info.name: _digest(found) for found in distributions(environment)}


def _link(ours: Distribution, site: Path, known: Mapping[str, str]) -> bool:
    """Link a package's bytecode from another environment; False where it has another package, or other bytecode now."""
    theirs = Distribution(ours.name, ours.version, site / ours.info.name)
    try:
        if ours.info.name not in known or ours.lines() != theirs.lines():
            return False
        for place in _bytecode(theirs):
            if place.is_symlink():
                return False
            target = ours.info.parent / place.relative_to(site)
            target.parent.mkdir(exist_ok=True)
            os.link(place, target, follow_symlinks=False)
    except OSError:  # no hard links here, or the other environment has just been removed
        return False
    return _digest(ours) == known[ours.info.name]


def _compile(environment: Path, packages: Iterable[Distribution]) -> None:
    """Compile in place; what is no valid Python is left out, as pip and uv leave it out."""
    wanted = {source.parts[0] for package in packages for source in _sources(package)}
    if wanted:
        site = site_packages(environment)
        others = "|".join(re.escape(name) for name in sorted(set(os.listdir(site)) - wanted))
        command = [str(executable_in(environment)), *COMPILE, "-x", rf"^\./({others})(/|$)", "."]
        children.run(command, site, dict(os.environ))


def _sources(package: Distribution) -> Iterator[Path]:
    """Its Python files, relative to site-packages."""
    paths = (Path(line.rpartition(" ")[0]) for line in package.lines())
    yield from (path for path in paths if path.suffix == ".py")


def _bytecode(package: Distribution) -> Iterator[Path]:
    """The bytecode of its Python files, in order."""
    stems: dict[Path, set[str]] = {}
    for source in _sources(package):
        stems.setdefault(package.info.parent / source.parent / "__pycache__", set()).add(source.stem)
    for folder in sorted(stems):
        names = sorted(os.listdir(folder)) if folder.is_dir() else []
        yield from (folder / name for name in names if name.rsplit(".", 2)[0] in stems[folder])


def _digest(package: Distribution) -> str:
    digest = hashlib.sha256()
    for place in _bytecode(package):
        content = hashlib.sha256(place.read_bytes()).hexdigest()
        digest.update(f"{place.relative_to(package.info.parent).as_posix()} {content}\n".encode())
    return digest.hexdigest()
