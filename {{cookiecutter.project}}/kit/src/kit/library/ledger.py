"""modules.lock: the origin of each module that was copied from elsewhere."""

import os
from datetime import UTC, datetime
from pathlib import Path

from kit.dvc.hashing import ignored_in
from kit.library.package import Package
from kit.library.reference import Reference
from kit.project.identity import user
from kit.project.interface import interface_digest
from kit.project.module_code import Source
from kit.project.modules_lock import Entry
from kit.project.project import Project


def entry_for(project: Project, package: Package, reference: Reference) -> Entry:
    """The entry for a package that is being added."""
    relative = Path(os.path.relpath(reference.location, project.root)).as_posix() if reference.is_folder else None
    return Entry(
        source=relative or reference.location,
        module=package.name,
        rev=reference.rev,
        commit=package.commit,
        version=package.version,
        digest=package.digest,
        code=code_digest(project, package.name, package),
        interface=interface_digest(package.contract, package.contracts),
        added_by=user(project),
        added_on=datetime.now(UTC).date().isoformat(),
        contracts=tuple(sorted(package.contracts)),
    )


def code_digest(project: Project, name: str, package: Package) -> str:
    """SHA-256 of what decides the results of a module as it was added: the files that .dvcignore does not exclude."""
    ignored = ignored_in(project.root)
    kept = {path: data for path, data in package.files.items() if not ignored.matches(f"modules/{name}/{path}")}
    return Source(name, kept).sha256
