"""The part of CODEOWNERS that comes from the modules' cards: GitHub and GitLab ask these people to review changes."""

import re
from collections.abc import Mapping

from kit.formats.front_matter import card_in
from kit.project.project import Project

PATH = "CODEOWNERS"
BEGIN, END = "# modules: made by `kit owners --write` from the modules' cards", "# /modules"
# An address, @user or @group/team: the forms that both services understand.
OWNER = re.compile(r"[\w.+-]+@[\w.-]+\.\w+|@[\w./-]+", re.ASCII)


def owners_of(project: Project) -> dict[str, str]:
    """Module to the owner in its card; modules without an owner are left out."""
    cards = {name: project.modules / name / "README.md" for name in project.module_names()}
    found = {name: card_in(path.read_bytes()).get("owner") for name, path in cards.items() if path.is_file()}
    return {name: owner for name, owner in found.items() if isinstance(owner, str)}


def with_owners(text: str, owners: Mapping[str, str]) -> str:
    """CODEOWNERS with a line for each module between its two markers, which are added if they are missing."""
    lines = [f"/modules/{name}/ {owner}" for name, owner in sorted(owners.items()) if OWNER.fullmatch(owner)]
    block = "\n".join([BEGIN, *lines, END])
    if BEGIN not in text or END not in text:
        return "\n".join([*text.rstrip("\n").splitlines(), *([""] if text.strip() else []), block]) + "\n"
    return re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: block, text, flags=re.DOTALL)
