"""modules.lock: the origin of each module that was copied from elsewhere."""

from dataclasses import asdict, dataclass, field

import yaml

from kit.errors import KitError
from kit.formats.documents import read_yaml, schema_named, violation
from kit.git.files import WorkingFiles
from kit.project.module_code import source_of
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


def read_ledger(project: Project) -> dict[str, Entry]:
    """Module to its origin; empty if no module was copied from elsewhere.

    Raises:
        KitError: the file is not one that the kit wrote.
    """
    path = project.root / PATH
    document = read_yaml(path, PATH) if path.is_file() else None
    if document is None:
        return {}
    if problem := violation(document, schema_named("modules-lock")):
        raise KitError(str(problem), PATH, at=problem.path)
    return {name: Entry(**entry | {"contracts": tuple(entry.get("contracts", ()))}) for name, entry in document.items()}


def ledger_text(entries: dict[str, Entry]) -> str:
    """The file's text; empty entries give an empty file."""
    document = {name: asdict(entry) | {"contracts": list(entry.contracts)} for name, entry in sorted(entries.items())}
    return NOTICE + yaml.safe_dump(document, sort_keys=False, allow_unicode=True) if document else ""


def code_here(project: Project, name: str) -> str | None:
    """The same digest of a module as it is now; None if there is none."""
    source = source_of(WorkingFiles(project.root), name)
    return source.sha256 if source else None
