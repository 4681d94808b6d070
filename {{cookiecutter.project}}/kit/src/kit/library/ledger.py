"""modules.lock: where each module that was not written here came from."""

import os
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

from kit.errors import KitError
from kit.formats.documents import read_yaml, schema_named, violation
from kit.git.files import WorkingFiles
from kit.library.package import Package
from kit.library.reference import Reference
from kit.project.identity import user
from kit.project.interface import interface_digest
from kit.project.module_code import Source, ignored_by, source_of
from kit.project.project import Project

PATH = "modules.lock"
NOTICE = "# Where modules came from. Written by `kit add`, `kit update` and `kit remove`; checked by `kit check`.\n"


@dataclass(frozen=True)
class Entry:
    """One module's origin; see schemas/modules-lock.schema.json."""

    source: str
    module: str
    rev: str | None
    commit: str | None
    version: str
    digest: str
    code: str
    interface: str
    added_by: str
    added_on: str
    contracts: tuple[str, ...] = field(default=())

    def reference(self, project: Project) -> Reference:
        """Where it is now; a relative folder counts from the project."""
        known = Reference(self.source, self.rev)
        return replace(known, location=str((project.root / self.source).resolve())) if known.is_folder else known


def read_ledger(project: Project) -> dict[str, Entry]:
    """Module to its origin; empty where nothing came from elsewhere.

    Raises:
        KitError: the file is not what the kit writes.
    """
    path = project.root / PATH
    document = read_yaml(path, PATH) if path.is_file() else None
    if document is None:
        return {}
    if problem := violation(document, schema_named("modules-lock")):
        raise KitError(f"{PATH}: {problem}", problem.path)
    return {name: Entry(**entry | {"contracts": tuple(entry.get("contracts", ()))}) for name, entry in document.items()}


def ledger_text(entries: dict[str, Entry]) -> str:
    """The file's text; empty entries give an empty file."""
    document = {name: asdict(entry) | {"contracts": list(entry.contracts)} for name, entry in sorted(entries.items())}
    return NOTICE + yaml.safe_dump(document, sort_keys=False, allow_unicode=True) if document else ""


def entry_for(project: Project, package: Package, reference: Reference) -> Entry:
    """What is to be remembered of a package that comes in now."""
    beside = Path(os.path.relpath(reference.location, project.root)).as_posix() if reference.is_folder else None
    return Entry(
        source=beside or reference.location,
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
    """SHA-256 of what decides the results of a module as it came: what .dvcignore leaves in."""
    ignored = ignored_by(WorkingFiles(project.root).read(".dvcignore") or b"")
    kept = {path: data for path, data in package.files.items() if not ignored.match_file(f"modules/{name}/{path}")}
    return Source(name, kept).sha256


def code_here(project: Project, name: str) -> str | None:
    """The same of a module as it is in the project; None where there is none."""
    source = source_of(WorkingFiles(project.root), name)
    return source.sha256 if source else None
