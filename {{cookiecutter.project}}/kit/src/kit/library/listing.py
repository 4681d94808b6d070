"""A list of every module of a project."""

from dataclasses import dataclass

from kit.formats.front_matter import card_in
from kit.project.modules_lock import code_here, read_ledger
from kit.project.project import Project
from kit.project.view import View


@dataclass(frozen=True)
class Listed:
    """What module.yaml, the card and modules.lock say about a module, and the stages and slots that use it."""

    name: str
    family: str
    version: str
    stability: str
    owner: str
    license: str
    source: str
    used_by: str


def listed(project: Project) -> list[Listed]:
    """The modules, by family and name; what cannot be read is shown as a question mark (`kit check` says why)."""
    view = View(project)
    entries = read_ledger(project)
    found = []
    for name in project.module_names():
        module, path = view.module(name), project.modules / name / "README.md"
        card = card_in(path.read_bytes() if path.is_file() else None)
        source = "here"
        if entry := entries.get(name):
            changed = " (changed here)" if code_here(project, name) != entry.code else ""
            source = f"{entry.source}@{entry.rev or (entry.commit or 'folder')[:12]}{changed}"
        stability, owner, licence = (str(card.get(field, "?")) for field in ("stability", "owner", "license"))
        stability += f" until {card['removed_on']}" if "removed_on" in card else ""
        family, version = (module.family, module.version) if module else ("?", "?")
        found.append(Listed(name, family, version, stability, owner, licence, source, _used_by(view, name)))
    return sorted(found, key=lambda module: (module.family, module.name))


def _used_by(view: View, name: str) -> str:
    """Stages that run the module now; else the slots of its family that it could fill."""
    stages = [stage.name for stage in view.stages if stage.module == name]
    module = view.module(name)
    slots = [stage.slots[0] for stage in view.stages if module and stage.slots[:1] == (module.family,)]
    return ", ".join(stages) or ", ".join(f"(slot {slot})" for slot in dict.fromkeys(slots)) or "-"
