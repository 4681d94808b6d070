"""Take a module out of a project, once nothing needs it."""

from kit.errors import KitError
from kit.git.command import run_git
from kit.library.yaml_edit import without_section
from kit.project.edits import Changes
from kit.project.modules_lock import PATH, ledger_text, read_ledger
from kit.project.owners import PATH as CODEOWNERS
from kit.project.owners import owners_of, with_owners
from kit.project.project import Project
from kit.project.view import View


def remove_module(project: Project, name: str) -> Changes:
    """The changes that remove a module, its section and its origin.

    Raises:
        KitError: there is none, a stage uses it, or Git does not have all of it, so that it could not come back.
    """
    view = View(project)
    folder = project.modules / name
    if name not in project.module_names():
        raise KitError(f"modules/{name}: no such module folder; modules: {', '.join(project.module_names()) or 'none'}")
    using = [stage.name for stage in view.stages if stage.module == name or f"modules/{name}" in stage.deps]
    if using:
        raise KitError(f"modules/{name}: stage {', '.join(using)} uses it; give the stage another module first")
    if unsaved := _unsaved(project, name):
        raise KitError(f"{unsaved}: is not committed, and would be lost; commit it first, or delete it yourself")
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


def _unsaved(project: Project, name: str) -> str | None:
    """A file of a module whose content is in no commit."""
    asked = ["status", "--porcelain", "-z", "--untracked-files=all", "--", f"modules/{name}"]
    done = run_git(project.root, *asked)
    if done.exit_status:
        return f"modules/{name}"
    changed = [line[3:] for line in done.text.split("\0") if line]
    return changed[0] if changed else None
