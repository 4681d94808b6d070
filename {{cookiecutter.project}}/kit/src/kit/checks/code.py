"""A module's code, read but not run: what it imports, which ports it names, and whether there is enough of it."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from kit.checks.finding import WARNING, Finding
from kit.errors import KitError
from kit.module import Module, load_module
from kit.project import Project

COPIES = {"copy", "copy2", "copyfile", "copytree", "link", "symlink", "rename", "replace", "move"}


def code_findings(project: Project, name: str) -> Iterator[Finding]:
    """A module stands alone, defines run(inputs, outputs, params), and names no port that it has not."""
    folder = project.modules / name
    foreign = {"kit", *project.module_names()} - {path.stem for path in folder.iterdir()}
    for path in sorted(folder.rglob("*.py")):
        shown = path.relative_to(project.root).as_posix()
        try:
            tree = ast.parse(path.read_bytes(), shown)
        except SyntaxError as error:
            yield Finding(shown, error.lineno or 1, f"is no Python: {error.msg}")
            continue
        yield from _imports(tree, shown, foreign)
        if path == folder / "run.py":
            yield from _run(tree, shown, project, name)


def _imports(tree: ast.Module, shown: str, foreign: set[str]) -> Iterator[Finding]:
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for package in {name.split(".")[0] for name in names} & {*foreign, "modules"}:
            what = "the kit" if package == "kit" else f"module {package}"
            yield Finding(
                shown, getattr(node, "lineno", 1), f"imports {what}; modules meet only through files, copy the code"
            )


def _run(tree: ast.Module, shown: str, project: Project, name: str) -> Iterator[Finding]:
    run = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run"), None)
    if run is None or [argument.arg for argument in run.args.args] != ["inputs", "outputs", "params"]:
        yield Finding(shown, run.lineno if run else 1, "must define run(inputs, outputs, params)")
        return
    try:
        module = load_module(project, name)
    except KitError:
        return
    yield from _ports(run, shown, module)
    if is_pass_through(run, module):
        message = "only hands its input on; connect its consumers to the stage before it, or give it work of its own"
        yield Finding(shown, run.lineno, message, WARNING)
    elif statements_in(project.modules / name) <= 2:
        message = "does one or two things; a module of its own costs an environment and a process, so merge it"
        yield Finding(shown, run.lineno, f"{message} with the module before or after it", WARNING)


def _ports(run: ast.FunctionDef, shown: str, module: Module) -> Iterator[Finding]:
    """inputs["x"], outputs["x"] and params["x"] where the contract has no x."""
    known: Mapping[str, Mapping[str, object]] = {
        "inputs": module.inputs,
        "outputs": module.outputs,
        "params": module.params,
    }
    for node in ast.walk(run):
        if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in known):
            continue
        if isinstance(node.slice, ast.Constant) and node.slice.value not in known[node.value.id]:
            has = ", ".join(known[node.value.id]) or "none"
            message = f"{node.value.id}[{node.slice.value!r}] is not in {module.shown}/module.yaml; it has {has}"
            yield Finding(shown, node.lineno, message)


def is_pass_through(run: ast.FunctionDef, module: Module) -> bool:
    """Whether run() does nothing but copy its one input to its one output."""
    if len(module.inputs) != 1 or len(module.outputs) != 1:
        return False
    calls = [node.func for node in ast.walk(run) if isinstance(node, ast.Call)]
    names = [call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls]
    copied = len(names) == 1 and names[0] in COPIES
    return copied or sorted(names) in (["read_bytes", "write_bytes"], ["read_text", "write_text"])


def statements_in(folder: Path) -> int:
    """How many statements a module's code has, without imports, definitions and docstrings; tests do not count."""
    files = [path for path in folder.rglob("*.py") if not path.name.startswith("test_")]
    nodes = (node for path in files for node in ast.walk(ast.parse(path.read_bytes())))
    return sum(1 for node in nodes if isinstance(node, ast.stmt) and not _is_frame(node))


def _is_frame(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)
