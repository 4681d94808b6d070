"""A module's folder: its files, its contract, its lock, its parameters."""

from collections.abc import Iterator

from kit.checks.finding import Finding, finding_of
from kit.code import code_files
from kit.errors import KitError
from kit.lock import is_current, read_lock
from kit.module import REQUIRED_FILES, load_module
from kit.project import Project

NOT_CODE = ("README.md", "test_module.py")


def module_findings(project: Project, name: str) -> Iterator[Finding]:
    """The folder has all its files, a valid contract, and a lock that is pinned, hashed and current."""
    folder, shown = project.modules / name, f"modules/{name}"
    missing = [file for file in REQUIRED_FILES if not (folder / file).is_file()]
    for file in missing:
        yield Finding(f"{shown}/{file}", 1, f"is missing; {REQUIRED_FILES[file]}")
    hashed = {path.relative_to(folder).as_posix() for path in code_files(project, folder)}
    for file in sorted(hashed & set(NOT_CODE)):
        message = (
            f"lacks the line /modules/*/{file.replace('test_module', 'test_*')}: editing {shown}/{file} runs its stage"
        )
        yield Finding(".dvcignore", 1, f"{message} again; add it", "warning")
    if {"module.yaml", "requirements.in", "requirements.txt"} & set(missing):
        return
    try:
        module = load_module(project, name)
        read_lock(module.lock, f"{shown}/requirements.txt")
        if not is_current(folder, module.python):
            yield Finding(f"{shown}/requirements.txt", 1, f"is out of date; run `kit lock {name}`")
    except KitError as error:
        yield finding_of(error, project)
