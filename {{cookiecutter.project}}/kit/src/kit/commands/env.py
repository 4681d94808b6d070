"""`kit env list|check|prune`: the environments on this machine."""

from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime

from kit.environments.build import forget
from kit.environments.environment import Environment, all_environments
from kit.environments.holding import in_use
from kit.environments.installed import broken_packages
from kit.environments.store import environment_for, is_intact, remove
from kit.environments.users import users_of
from kit.execution.needs import Need, needs_of
from kit.execution.pruning import prune
from kit.formats.filesize import decimal
from kit.project.project import Project, find_project
from kit.system.caches import environments_folder


def main(arguments: Namespace) -> int:
    project = find_project()
    if arguments.action == "check":
        return check(project)
    if arguments.action == "list":
        show(project, all_environments(), needs_of(project))
        return 0
    removed, kept = prune(project)
    reasons = ", ".join(f"{count} {reason}" for reason, count in kept.items())
    total = f"{removed} environments removed, {sum(kept.values())} kept in {environments_folder()}"
    print(f"{total}: {reasons}" if reasons else total)
    return 0


def check(project: Project) -> int:
    """Read every file of every environment; rebuild changed ones that this project uses, and remove other changed ones.

    One that a process uses stays as it is: exit 1.
    """
    needs, checked, left = needs_of(project), all_environments(), 0
    for environment in checked:
        broken = _changed(environment)
        if broken is None:
            continue
        what = f"files of {', '.join(broken)} differ from their wheel" if broken else "files were changed or added"
        print(f"{environment.key[:12]}: {what}", flush=True)
        if not remove(environment):
            print(
                f"{environment.key[:12]}: is in use by a process and was left as it is; check again later",
                flush=True,
            )
            left += 1
            continue
        forget(broken)
        if need := needs.get(environment.key):
            environment_for(need.lock, need.python, project.root)
    print(f"{len(checked)} environments checked in {environments_folder()}")
    return int(left > 0)


def _changed(environment: Environment) -> list[str] | None:
    """The packages whose files differ from their wheel (there may be none); None if nothing was changed or added."""
    with in_use(environment):
        broken = broken_packages(environment.path)
        return broken if broken or not is_intact(environment) else None


def show(project: Project, environments: list[Environment], needs: Mapping[str, Need]) -> None:
    print(f"{'environment':<14}{'size':>10}  {'last use':<18}{'python':<32}used by")
    for environment in environments:
        last_use = datetime.fromtimestamp(environment.last_use).isoformat(" ", "minutes")
        here = needs[environment.key].users if environment.key in needs else []
        others = [str(folder) for folder in users_of(environment) or [] if folder != project.root and folder.exists()]
        python = environment.manifest.get("python", "unknown")
        used_by = ", ".join([*here, *others]) or "-"
        print(f"{environment.key[:12]:<14}{decimal(environment.size):>10}  {last_use:<18}{python:<32}{used_by}")
    print(f"in {environments_folder()}; files are shared with uv's cache where the file system can")
