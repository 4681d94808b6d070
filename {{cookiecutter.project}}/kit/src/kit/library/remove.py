"""Remove a module from a project that no longer needs it."""

import yaml

from kit.errors import KitError
from kit.git.unsaved import committed_text, unsaved
from kit.library.yaml_edit import section_lines, without_section
from kit.project.edits import Changes
from kit.project.modules_lock import PATH, ledger_text, read_ledger
from kit.project.owners import PATH as CODEOWNERS
from kit.project.owners import owners_of, with_owners
from kit.project.project import Project
from kit.project.view import View


def remove_module(project: Project, name: str) -> Changes:
    """The changes that remove a module, its section and its origin.

    Raises:
        KitError: there is none, a stage uses it, or Git could not restore all of it.
    """
    view = View(project)
    folder = project.modules / name
    if name not in project.module_names():
        raise KitError(
            f"no such module folder; modules: {', '.join(project.module_names()) or 'none'}", f"modules/{name}"
        )
    using = [stage.name for stage in view.stages if stage.module == name or f"modules/{name}" in stage.deps]
    if using:
        raise KitError(f"stage {', '.join(using)} uses it; give the stage another module first", f"modules/{name}")
    _refuse_unsaved(project, name)
    changes = Changes(project)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            changes.remove(path.relative_to(project.root).as_posix())
    changes.write("params.yaml", without_section(changes.text("params.yaml"), name))
    owners = {module: owner for module, owner in owners_of(project).items() if module != name}
    changes.write(CODEOWNERS, with_owners(changes.text(CODEOWNERS), owners))
    entries = read_ledger(project)
    if entries.pop(name, None):
        changes.write(PATH, ledger_text(entries)) if entries else changes.remove(PATH)
    return changes


def _refuse_unsaved(project: Project, name: str) -> None:
    """Refuse if something would be lost: Git must have every file of the module, its section and its origin."""
    remedy = "and would be lost; commit it, or remove it yourself, first"
    for path, why in unsaved(project.root, f"modules/{name}"):
        raise KitError(f"{why}, {remedy}", path)
    section = section_lines(Changes(project).text("params.yaml"), name)
    if section and section != _committed_section(project, name):
        raise KitError(f"{name}: differs from what is committed, {remedy}", "params.yaml")
    if name in read_ledger(project) and (found := next(unsaved(project.root, PATH), None)):
        raise KitError(f"{found[1]}, {remedy}", PATH)


def _committed_section(project: Project, name: str) -> list[str] | None:
    try:
        return section_lines(committed_text(project.root, "params.yaml"), name)
    except yaml.YAMLError:
        return None
