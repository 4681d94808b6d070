"""Remove the environments that no project needs any more."""

import time
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from kit.environments.environment import Environment, all_environments
from kit.environments.store import remove, remove_leftovers
from kit.environments.users import users_of
from kit.execution.needs import Need, may_need, needs_of
from kit.project.project import Project

LONG = 30  # days


class Kept(StrEnum):
    """Why an environment stays."""

    HERE = "used here"
    ELSEWHERE = "used by other projects"
    RUNNING = "in use by a running process"
    UNKNOWN = f"used in the last {LONG} days, and kit 0.2 did not record by which project"


def prune(project: Project) -> tuple[int, Mapping[Kept, int]]:
    """How many environments were removed, and how many are kept, by reason.

    Raises:
        KitError: a module of the project cannot be read, so what it needs is not known.
    """
    remove_leftovers()
    needs, removed, kept = needs_of(project), 0, Counter[Kept]()
    for environment in all_environments():
        if reason := _reason(project, environment, needs):
            kept[reason] += 1
        elif remove(environment, forget_users=True):
            removed += 1
        else:
            kept[Kept.RUNNING] += 1
    return removed, kept


def _reason(project: Project, environment: Environment, needs: Mapping[str, Need]) -> Kept | None:
    if not environment.is_ready:
        return None  # it cannot be used before it is rebuilt
    if environment.key in needs:
        return Kept.HERE
    users = users_of(environment)
    if users is None:
        return Kept.UNKNOWN if time.time() - environment.last_use < LONG * 24 * 3600 else None
    others = (folder for folder in users if folder != project.root)
    return Kept.ELSEWHERE if any(may_need(folder, environment) for folder in others) else None
