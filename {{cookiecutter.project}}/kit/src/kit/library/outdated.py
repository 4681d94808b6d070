"""Compare modules that were added from elsewhere with their sources."""

from dataclasses import dataclass
from pathlib import Path

from kit.errors import KitError
from kit.library.fetch import COMMIT, git_source, is_repository
from kit.library.folder import folder_package
from kit.library.reference import reference_of
from kit.library.releases import commit_of, newest
from kit.library.update import refuse_tampered
from kit.project.modules_lock import Entry, code_here
from kit.project.project import Project

CURRENT, OUTDATED, MOVED, TAMPERED, GONE = "current", "outdated", "moved", "tampered", "unreachable"


@dataclass(frozen=True)
class Standing:
    """The state of a module relative to its source; `detail` says why it is not up to date."""

    name: str
    version: str
    newest: str
    state: str
    changed_here: bool
    detail: str = ""


def standing_of(project: Project, name: str, entry: Entry) -> Standing:
    """Whether the source still has what was added from it, and whether it has a newer version."""
    changed = code_here(project, name) != entry.code
    try:
        state, latest, detail = _compared(project, entry)
    except KitError as error:
        state, latest, detail = GONE, "", str(error)
    return Standing(name, entry.version, latest, state, changed, detail)


def _compared(project: Project, entry: Entry) -> tuple[str, str, str]:
    reference = reference_of(entry, project)
    if not is_repository(reference):
        found = folder_package(Path(reference.location), entry.module)
        return (CURRENT if found.digest == entry.digest else OUTDATED), found.version, ""
    with git_source(reference) as source:
        references = source.references()
        rev, commit = newest(references, entry.rev)
        base = source.package(entry.module, source.fetch(entry.commit))
        try:
            refuse_tampered(entry, base)
        except KitError as error:
            return TAMPERED, "", str(error)
        now = commit_of(references, entry.rev)
        if f"refs/tags/{entry.rev}" in references and now != entry.commit:
            return MOVED, "", f"tag {entry.rev} now points to {str(now)[:12]}, not to {str(entry.commit)[:12]}"
        if now is None and not (entry.rev and COMMIT.fullmatch(entry.rev)):
            return GONE, "", f"{reference.location} no longer has {entry.rev}"
        if commit == entry.commit:
            return CURRENT, entry.version, ""
        theirs = source.package(entry.module, source.fetch(commit))
        state = CURRENT if theirs.digest == entry.digest else OUTDATED
        return state, theirs.version, rev or ""
