"""A module's folder: its files, its contract, its lock, its parameters."""

from collections.abc import Iterator

from kit.environments.lock import is_current, read_lock
from kit.errors import KitError
from kit.project.diagnostic import Diagnostic, diagnostic_of, line_in
from kit.project.module import REQUIRED_FILES
from kit.project.module_code import code_files
from kit.project.view import View

NOT_CODE = ("README.md", "test_module.py")


def module_diagnostics(view: View, name: str) -> Iterator[Diagnostic]:
    """Whether the folder has all its files, a valid contract, and a lock that is pinned, hashed and current."""
    project, label = view.project, f"modules/{name}"
    folder = project.modules / name
    missing = [file for file in REQUIRED_FILES if not (folder / file).is_file()]
    for file in missing:
        yield Diagnostic(f"{label}/{file}", 1, f"is missing; {REQUIRED_FILES[file]}")
    try:
        hashed = {path.relative_to(folder).as_posix() for path in code_files(project, folder)}
    except KitError as error:
        yield diagnostic_of(error, project)
        return
    for file in sorted(hashed & set(NOT_CODE)):
        message = (
            f"lacks the line /modules/*/{file.replace('test_module', 'test_*')}: editing {label}/{file} runs its stage"
        )
        yield Diagnostic(".dvcignore", 1, f"{message} again; add it", "warning")
    if {"module.yaml", "requirements.in", "requirements.txt"} & set(missing):
        return
    module = view.read(name)
    if isinstance(module, KitError):
        yield diagnostic_of(module, project)
        return
    try:
        read_lock(module.lock, f"{label}/requirements.txt")
        if not is_current(folder, module.python):
            yield Diagnostic(f"{label}/requirements.txt", 1, f"is out of date; run `kit lock {name}`")
    except KitError as error:
        yield diagnostic_of(error, project)
    for port, type_name in [*module.inputs.items(), *module.outputs.items()]:
        if not (project.contracts / f"{type_name}.yaml").is_file():
            at = ("inputs" if port in module.inputs else "outputs", port)
            line = line_in(project, f"{label}/module.yaml", at)
            message = f"{port}: type {type_name} has no contract; write contracts/{type_name}.yaml"
            yield Diagnostic(f"{label}/module.yaml", line, message)
