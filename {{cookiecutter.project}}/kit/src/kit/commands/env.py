"""`kit env list|check|prune`: the environments on this machine."""

from argparse import Namespace
from contextlib import suppress
from datetime import datetime

from rich.filesize import decimal

from kit.environments.installed import broken_packages
from kit.environments.interpreters import interpreter_for
from kit.environments.lock import Lock, read_lock
from kit.environments.store import (
    Environment,
    all_environments,
    environment_for,
    environment_key,
    forget,
    is_intact,
    is_ready,
    manifest_of,
    remove,
    remove_leftovers,
)
from kit.errors import KitError
from kit.execution.module_tests import TOOLS
from kit.project.module import chosen_modules
from kit.project.project import Project, find_project
from kit.system.caches import environments_folder


def main(arguments: Namespace) -> int:
    if arguments.action == "check":
        return check(find_project())
    users = keys_in_use(find_project())
    if arguments.action == "list":
        show(all_environments(), users)
        return 0
    remove_leftovers()
    unused = [e for e in all_environments() if e.key not in users or not is_ready(e)]
    for environment in unused:
        remove(environment)
    print(f"{len(unused)} environments removed, {len(all_environments())} kept in {environments_folder()}")
    return 0


def check(project: Project) -> int:
    """Read every file of every environment; rebuild what is changed and used here, remove what others use."""
    locks = locks_in_use(project)
    checked = all_environments()
    for environment in checked:
        broken = broken_packages(environment.path)
        if not broken and is_intact(environment):
            continue
        what = f"files of {', '.join(broken)} differ from their wheel" if broken else "files were changed or added"
        print(f"{environment.key[:12]}: {what}", flush=True)
        forget(broken)
        remove(environment)
        if environment.key in locks:
            environment_for(*locks[environment.key])
    print(f"{len(checked)} environments checked in {environments_folder()}")
    return 0


def locks_in_use(project: Project) -> dict[str, tuple[Lock, str]]:
    """Environment key to the lock and the Python that it is made from, for the modules of this project."""
    found = {}
    for module in chosen_modules(project, []):
        with suppress(KitError):  # without a usable lock it has no environment; `kit check` says so
            lock = read_lock(module.lock, f"{module.label}/requirements.txt")
            found[environment_key(lock, interpreter_for(module.python))] = (lock, module.python)
            tools = read_lock(TOOLS, TOOLS.name)
            found[environment_key(tools, interpreter_for(module.python))] = (tools, module.python)
    return found


def keys_in_use(project: Project) -> dict[str, list[str]]:
    """Environment key to the modules of this project that use it; kit test's own counts as used."""
    users: dict[str, list[str]] = {}
    for module in chosen_modules(project, []):
        try:
            lock = read_lock(module.lock, f"{module.label}/requirements.txt")
        except KitError:
            continue  # without a usable lock it has no environment; `kit check` says so
        interpreter = interpreter_for(module.python)
        users.setdefault(environment_key(lock, interpreter), []).append(module.name)
        tools = environment_key(read_lock(TOOLS, TOOLS.name), interpreter)
        if "(kit test)" not in users.setdefault(tools, []):
            users[tools].append("(kit test)")
    return users


def show(environments: list[Environment], users: dict[str, list[str]]) -> None:
    print(f"{'environment':<14}{'size':>10}  {'last use':<18}{'python':<32}used here by")
    for environment in environments:
        last_use = datetime.fromtimestamp(environment.last_use).isoformat(" ", "minutes")
        used_by = ", ".join(users.get(environment.key, [])) or "-"
        python = manifest_of(environment)["python"]
        print(f"{environment.key[:12]:<14}{decimal(environment.size):>10}  {last_use:<18}{python:<32}{used_by}")
    print(f"in {environments_folder()}; files are shared with uv's cache where the file system can")
