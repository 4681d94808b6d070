"""Static checks of a module's code: what it imports, which ports it names, and whether it does enough."""

import ast
from collections.abc import Iterable, Iterator, Mapping

from kit.project.diagnostic import WARNING, Diagnostic
from kit.project.module import Module
from kit.project.view import View

COPIES = {"copy", "copy2", "copyfile", "copytree", "link", "symlink", "rename", "replace", "move"}
FEW = 2
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def code_diagnostics(view: View, name: str) -> Iterator[Diagnostic]:
    """Whether it imports no other module, defines run(inputs, outputs, params), and names only ports that it has."""
    folder = view.project.modules / name
    foreign = {"kit", *view.project.module_names()} - {path.stem for path in folder.iterdir()}
    trees: dict[str, ast.Module] = {}
    for path in sorted(folder.rglob("*.py")):
        label = path.relative_to(view.project.root).as_posix()
        try:
            trees[label] = ast.parse(path.read_bytes(), label)
        except SyntaxError as error:
            yield Diagnostic(label, error.lineno or 1, f"invalid Python: {error.msg}")
            continue
        yield from _imports(trees[label], label, foreign)
    yield from _run(trees, f"modules/{name}/run.py", view.module(name))


def _imports(tree: ast.Module, label: str, foreign: set[str]) -> Iterator[Diagnostic]:
    for node in statements(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for package in {name.split(".")[0] for name in names} & {*foreign, "modules"}:
            what = "the kit" if package == "kit" else f"module {package}"
            yield Diagnostic(label, node.lineno, f"imports {what}; modules meet only through files, copy the code")


def _run(trees: Mapping[str, ast.Module], label: str, module: Module | None) -> Iterator[Diagnostic]:
    if label not in trees:
        return  # it is missing or invalid, which another check reports
    found = (node for node in trees[label].body if isinstance(node, ast.FunctionDef) and node.name == "run")
    run = next(found, None)
    if run is None or [argument.arg for argument in run.args.args] != ["inputs", "outputs", "params"]:
        yield Diagnostic(label, run.lineno if run else 1, "must define run(inputs, outputs, params)")
        return
    if module is None:
        return
    yield from _ports(run, label, module)
    code = [tree for path, tree in trees.items() if not path.rpartition("/")[2].startswith("test_")]
    if is_pass_through(run, module):
        message = "only copies its input to its output; let its consumers read that input, or give it work to do"
        yield Diagnostic(label, run.lineno, message, WARNING)
    elif statements_in(code) <= FEW:
        message = "does very little; a module costs an environment and a process, so merge it with its neighbour"
        yield Diagnostic(label, run.lineno, message, WARNING)


def _ports(run: ast.FunctionDef, label: str, module: Module) -> Iterator[Diagnostic]:
    """Uses of inputs["x"], outputs["x"] and params["x"] for which the contract has no x."""
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
            message = f"{node.value.id}[{node.slice.value!r}] is not in {module.label}/module.yaml; it has {has}"
            yield Diagnostic(label, node.lineno, message)


def is_pass_through(run: ast.FunctionDef, module: Module) -> bool:
    """Whether run() does nothing but copy its one input to its one output."""
    if len(module.inputs) != 1 or len(module.outputs) != 1:
        return False
    calls = [node.func for node in ast.walk(run) if isinstance(node, ast.Call)]
    names = [call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls]
    copied = len(names) == 1 and names[0] in COPIES
    return copied or sorted(names) in (["read_bytes", "write_bytes"], ["read_text", "write_text"])


def statements_in(trees: Iterable[ast.Module]) -> int:
    """How many statements there are, without imports, definitions and docstrings."""
    return sum(not _is_frame(node) for tree in trees for node in statements(tree))


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Every statement below a node; expressions, most of a tree, are not walked."""
    for child in (child for block in BLOCKS for child in getattr(node, block, ())):
        if isinstance(child, ast.stmt):
            yield child
        yield from statements(child)


def _is_frame(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)
