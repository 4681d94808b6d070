"""CODEOWNERS against the owners that the modules' cards name."""

from collections.abc import Iterator

from kit.errors import KitError
from kit.formats.documents import read_text
from kit.project.diagnostic import WARNING, Diagnostic, diagnostic_of
from kit.project.owners import BEGIN, OWNER, PATH, owners_of, with_owners
from kit.project.view import View


def owner_diagnostics(view: View) -> Iterator[Diagnostic]:
    """Whether CODEOWNERS agrees with the cards, and every owner is of a form that CODEOWNERS allows."""
    owners = owners_of(view.project)
    for name, owner in owners.items():
        if not OWNER.fullmatch(owner):
            message = f"front matter: owner: {owner} is neither an e-mail address nor an @name, as CODEOWNERS needs"
            yield Diagnostic(f"modules/{name}/README.md", 1, message, WARNING)
    try:
        text = read_text(view.project.root / PATH, PATH)
    except KitError as error:
        yield diagnostic_of(error, view.project)
        return
    if len(owners) < len(view.project.module_names()):
        return  # a card cannot be read, which card_findings says
    if text and with_owners(text, owners) != text:
        line = next((number for number, line in enumerate(text.splitlines(), 1) if line == BEGIN), 1)
        yield Diagnostic(PATH, line, "does not agree with the modules' cards; run `kit owners --write`")
