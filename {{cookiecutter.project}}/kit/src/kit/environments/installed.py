"""What is actually installed in an environment, according to its wheels' RECORD files."""

import base64
import csv
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

# Written by the installer, and different on every machine.
NOT_PACKAGE = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
Pins = Mapping[str, Set[str]]


@dataclass(frozen=True)
class Distribution:
    """A package by its normalised name, with its *.dist-info folder."""

    name: str
    version: str
    info: Path

    def hashes(self) -> Iterator[tuple[Path, str]]:
        """(file, "sha256=…" in URL-safe base64) for each file that its RECORD has a hash of (PEP 427, PEP 627)."""
        if not (self.info / "RECORD").is_file():
            return  # installed by a system's own packages
        for path, digest in self._rows():
            if digest and not (Path(path).parent.name == self.info.name and Path(path).name in NOT_PACKAGE):
                yield self.info.parent / path, digest

    def _rows(self) -> list[tuple[str, str]]:
        """Its RECORD; if that cannot be read, an entry that no file matches."""
        try:
            with (self.info / "RECORD").open(encoding="utf-8", newline="") as file:
                return [(path, digest) for path, digest, *_ in csv.reader(file)]
        except (ValueError, csv.Error):  # it is not text, or a row is too short
            return [("damaged RECORD", "none=")]

    def lines(self) -> list[str]:
        """Each file inside site-packages with its hash, sorted."""
        folder = self.info.parent
        inside = ((path, digest) for path, digest in self.hashes() if ".." not in path.parts)
        return sorted(f"{path.relative_to(folder).as_posix()} {digest}" for path, digest in inside)


def distributions(environment: Path) -> list[Distribution]:
    """Every installed package, by name."""
    found = map(_distribution, site_packages(environment).glob("*.dist-info"))
    return sorted(found, key=lambda distribution: distribution.name)


def site_packages(environment: Path) -> Path:
    """The folder into which packages are installed."""
    return next(iter([*environment.glob("lib/python*/site-packages"), environment / "Lib" / "site-packages"]))


def _distribution(info: Path) -> Distribution:
    name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
    return Distribution(canonicalize_name(name), version, info)


def description(environment: Path, pins: Pins) -> dict[str, Any]:
    """The number of packages, a digest of all their files, and where they differ from the lock's pins.

    Files outside site-packages (scripts that name their Python) do not count, so that the digest is the same on every
    machine that got the same wheels.
    """
    return _description(distributions(environment), pins)


def host_description(pins: Pins) -> dict[str, Any]:
    """The same for the Python that runs the kit, without packages that the lock does not name."""
    infos = (info for folder in sys.path for info in Path(folder).glob("*.dist-info"))
    first = {found.name: found for found in reversed([*map(_distribution, infos)]) if found.name in pins}
    here = _description([first[name] for name in sorted(first)], pins)
    absent = [f"{name} none (lock: {' or '.join(sorted(pins[name]))})" for name in sorted(set(pins) - set(first))]
    return {**here, "differs_from_lock": here["differs_from_lock"] + absent}


def _description(found: Sequence[Distribution], pins: Pins) -> dict[str, Any]:
    digest, differs = hashlib.sha256(), []
    for distribution in found:
        digest.update("\n".join([f"{distribution.name}=={distribution.version}", *distribution.lines(), ""]).encode())
        pinned = pins.get(distribution.name, set())
        if distribution.version not in pinned:
            locked = " or ".join(sorted(pinned)) or "none"
            differs.append(f"{distribution.name} {distribution.version} (lock: {locked})")
    return {"packages": len(found), "sha256": digest.hexdigest(), "differs_from_lock": differs}


def broken_packages(environment: Path) -> list[str]:
    """Packages with a file that is missing or whose SHA-256 is not the one in their RECORD; reads every byte."""
    entries = [(found.name, entry) for found in distributions(environment) for entry in found.hashes()]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        broken = threads.map(lambda named: named[0] if _is_broken(named[1]) else None, entries, chunksize=64)
        return sorted(set(filter(None, broken)))


def _is_broken(entry: tuple[Path, str]) -> bool:
    path, recorded = entry
    algorithm, _, expected = recorded.partition("=")
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, algorithm).digest()
    except (OSError, ValueError):
        return True
    return base64.urlsafe_b64encode(actual).rstrip(b"=").decode() != expected
