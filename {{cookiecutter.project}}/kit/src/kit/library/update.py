"""Update a module that was added from elsewhere, and keep local changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kit.errors import KitError
from kit.library.fetch import git_source, is_repository
from kit.library.folder import folder_package
from kit.library.ledger import entry_for
from kit.library.merge import merged_files
from kit.library.package import Package, tree_digest
from kit.library.reference import Reference, reference_of
from kit.library.releases import newest
from kit.project.edits import Changes
from kit.project.modules_lock import PATH, Entry, ledger_text, read_ledger
from kit.project.project import Project

GENERATED = "requirements.txt"


@dataclass(frozen=True)
class Update:
    """The changes of an update; `conflicts` are files with conflicts to resolve."""

    before: Entry
    after: Entry
    changes: Changes
    conflicts: tuple[str, ...]
    notes: tuple[str, ...]


def update_module(project: Project, name: str, rev: str | None) -> Update:
    """The changes that update a module to a revision, or to the newest one of the same kind of tag.

    Raises:
        KitError: modules.lock does not name it, or its source cannot be read or has changed in place.
    """
    entries = read_ledger(project)
    if name not in entries:
        raise KitError(f"has no {name}; only modules that `kit add` brought can be updated", PATH)
    entry = entries[name]
    base, theirs, rev = both_sides(project, entry, rev)
    changes, conflicts = _merged(project, name, entry, base, theirs)
    fresh = replace(entry_for(project, theirs, Reference(entry.source, rev)), source=entry.source)
    changes.write(PATH, ledger_text(entries | {name: fresh}))
    return Update(entry, fresh, changes, conflicts, tuple(_notes(project, name, base, theirs)))


def both_sides(project: Project, entry: Entry, rev: str | None) -> tuple[Package, Package, str | None]:
    """A module when it was added and at a revision (or the newest), and the name of that revision."""
    reference = reference_of(entry, project)
    if not is_repository(reference):
        theirs = folder_package(Path(reference.location), entry.module)
        return _unchanged_here(project, entry, reference), theirs, None
    with git_source(reference) as source:
        rev, commit = (rev, source.fetch(rev)) if rev else newest(source.references(), entry.rev)
        if not commit:
            raise KitError(f"{reference.location}: no longer has {entry.rev}; name a revision: kit update …@REV")
        base = source.package(entry.module, source.fetch(entry.commit))
        refuse_tampered(entry, base)
        return base, source.package(entry.module, source.fetch(commit)), rev


def refuse_tampered(entry: Entry, base: Package) -> None:
    """Fail if a source no longer has what was added from it.

    Raises:
        KitError: its content at that commit is different.
    """
    if base.digest != entry.digest:
        content = f"{entry.module}: the content of {entry.source} at {entry.commit}"
        digests = f"({base.digest[:12]}, not {entry.digest[:12]})"
        raise KitError(f"{content} is not what was added {digests}; the source or this file was tampered with", PATH)


def _unchanged_here(project: Project, entry: Entry, reference: Reference) -> Package:
    """A folder has no history, so what was added from it is known only if nothing was changed here."""
    package = folder_package(project.root, entry.module)
    contracts = {name: data for name, data in package.contracts.items() if name in entry.contracts}
    if tree_digest(package.files, contracts) != entry.digest:
        raise KitError(
            f"was changed here, and {reference.location} is not in a Git repository, so the changes here cannot be told"
            " from those of the source; merge by hand, or add it from a repository",
            f"modules/{entry.module}",
        )
    return replace(package, contracts=contracts)


def _merged(
    project: Project, name: str, entry: Entry, base: Package, theirs: Package
) -> tuple[Changes, tuple[str, ...]]:
    names = (f"modules/{name} here", f"{entry.source} {theirs.version}")
    changes, conflicts = Changes(project), []
    for path, merge in merged_files(
        _ours(project, name, base, theirs), _tree(name, base), _tree(name, theirs), names
    ).items():
        if path == f"modules/{name}/{GENERATED}" and merge.conflict:
            merge = replace(merge, data=theirs.files[GENERATED], conflict=False)  # `kit lock` rebuilds it
        changes.write(path, merge.data) if merge.data is not None else changes.remove(path)
        conflicts += [path] if merge.conflict else []
    return changes, tuple(conflicts)


def _tree(name: str, package: Package) -> dict[str, bytes]:
    files = {f"modules/{name}/{path}": data for path, data in package.files.items()}
    return files | {f"contracts/{type_name}.yaml": data for type_name, data in package.contracts.items()}


def _ours(project: Project, name: str, base: Package, theirs: Package) -> Mapping[str, bytes]:
    """The same files in the project, and files that were added to the module here."""
    paths = {*_tree(name, base), *_tree(name, theirs)}
    folder = project.modules / name
    paths |= {
        path.relative_to(project.root).as_posix() for path in folder.rglob("*") if "__pycache__" not in path.parts
    }
    return {path: (project.root / path).read_bytes() for path in paths if (project.root / path).is_file()}


def _notes(project: Project, name: str, base: Package, theirs: Package) -> list[str]:
    """Parameters that were added or removed, for which params.yaml must be edited by hand."""
    before, after = base.contract["params"], theirs.contract["params"]
    notes = [f"params.yaml: {name}: set {param}, which is new" for param in after if param not in before]
    return notes + [f"params.yaml: {name}: remove {param}, which is gone" for param in before if param not in after]
