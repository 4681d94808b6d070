"""Which projects have used an environment, recorded next to it, so that no project removes what another one needs."""

import json
from contextlib import suppress
from pathlib import Path

from kit.environments.environment import LAST_USE, Environment

USERS = "users"


def note_use(environment: Environment, project: Path | None) -> None:
    """Record that an environment is used now, and by which project's folder."""
    with suppress(OSError):  # a cache that cannot be written to, and so not be pruned either
        (environment.path / LAST_USE).touch()
        known = users_of(environment)
        if known is None or (project and project not in known):
            with environment.sibling(USERS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(str(project)) + "\n" if project else "")


def users_of(environment: Environment) -> list[Path] | None:
    """The folders of all projects that have used it, deleted ones included; None if not recorded (kit 0.2)."""
    try:
        lines = environment.sibling(USERS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    found = []
    for line in lines:
        with suppress(ValueError):  # a line that was being written
            found.append(Path(json.loads(line)))
    return found
