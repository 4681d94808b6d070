"""Add a module, with its contracts, from another project."""

from dataclasses import dataclass
from pathlib import Path

from kit.errors import KitError
from kit.formats.documents import parse_yaml, read_yaml
from kit.library.fetch import git_source, is_repository
from kit.library.folder import folder_package
from kit.library.ledger import entry_for
from kit.library.origin import PORT
from kit.library.package import Package
from kit.library.reference import Reference
from kit.library.yaml_edit import with_section, yaml_lines
from kit.project.edits import Changes
from kit.project.modules_lock import PATH, ledger_text, read_ledger
from kit.project.owners import PATH as CODEOWNERS
from kit.project.owners import owners_of, with_owners
from kit.project.project import Project


@dataclass(frozen=True)
class Added:
    """The changes that add a module, and those of its parameters that have no value yet."""

    package: Package
    changes: Changes
    unset: tuple[str, ...]


def add_module(project: Project, reference: Reference, name: str | None) -> Added:
    """The changes that add a module to a project.

    Raises:
        KitError: it exists already, cannot be read, is refused, or its contracts differ from those here.
    """
    package = fetched(reference, name)
    if (project.modules / package.name).exists():
        raise KitError(f"already exists; `kit update {package.name}` brings it up to date", f"modules/{package.name}")
    changes = Changes(project)
    for path, data in package.files.items():
        changes.write(f"modules/{package.name}/{path}", data)
    _add_contracts(changes, package, reference)
    unset = _add_params(changes, package)
    owner = {package.name: str(package.card.get("owner", ""))}
    changes.write(CODEOWNERS, with_owners(changes.text(CODEOWNERS), owners_of(project) | owner))
    entries = read_ledger(project) | {package.name: entry_for(project, package, reference)}
    changes.write(PATH, ledger_text(entries))
    return Added(package, changes, unset)


def fetched(reference: Reference, name: str | None) -> Package:
    """The one module that a reference, and if necessary a name, stand for.

    Raises:
        KitError: there is none or several, or it is not allowed in.
    """
    if name is not None and not PORT.fullmatch(name):
        raise KitError(f"{name!r}: is not a module name; write lower-case letters, digits and _")
    if not is_repository(reference):
        if reference.rev:
            raise KitError(f"{reference.location}: is not in a Git repository, so it has no revision {reference.rev}")
        folder = Path(reference.location)
        known = sorted(path.parent.name for path in folder.glob("modules/*/module.yaml"))
        own = [folder.name] if (folder / "module.yaml").is_file() else known
        return folder_package(folder, name or _the_only(own, reference))
    with git_source(reference) as source:
        commit = source.fetch(reference.rev)
        known = [source.own] if source.own else source.modules(commit)
        return source.package(name or _the_only(known, reference), commit)


def _the_only(known: list[str], reference: Reference) -> str:
    if len(known) != 1:
        raise KitError(
            f"{reference}: has the modules {', '.join(known) or '(none)'}; name one: kit add {reference} NAME"
        )
    return known[0]


def _add_contracts(changes: Changes, package: Package, reference: Reference) -> None:
    for type_name, data in package.contracts.items():
        place = changes.project.contracts / f"{type_name}.yaml"
        if not place.is_file():
            changes.write(f"contracts/{type_name}.yaml", data)
        elif not _same_contract(changes.project.contracts, type_name, data):
            message = f"differs from that of {reference}, which {package.name} was made for; make them equal, then"
            raise KitError(f"{message} add it again", f"contracts/{type_name}.yaml")


def _same_contract(folder: Path, type_name: str, data: bytes) -> bool:
    """Whether two contracts are the same, apart from layout and descriptions."""
    here = read_yaml(folder / f"{type_name}.yaml", f"contracts/{type_name}.yaml")
    return _bare(here) == _bare(parse_yaml(data, type_name))


def _bare(document: object) -> object:
    if not isinstance(document, dict):
        return document
    return {key: value for key, value in document.items() if key != "description"}


def _add_params(changes: Changes, package: Package) -> tuple[str, ...]:
    """Add the module's section: the one in the source's params.yaml, else the defaults of its contract."""
    from kit.project.pipeline import Pipeline

    schemas = package.contract["params"]
    if Pipeline(changes.project).section(package.name) is not None:
        return ()
    if package.params is not None:
        lines, unset = list(package.params), ()
    else:
        lines = yaml_lines({name: schema["default"] for name, schema in schemas.items() if "default" in schema})
        unset = tuple(name for name, schema in schemas.items() if "default" not in schema)
    changes.write("params.yaml", with_section(changes.text("params.yaml"), package.name, lines))
    return unset
