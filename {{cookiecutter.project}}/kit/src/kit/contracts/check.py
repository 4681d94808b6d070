"""The types that flow between modules, and whether a file is of its type."""

import ast
import threading
from collections.abc import Iterable
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

from kit.contracts.contract import Contract
from kit.formats.documents import read_json, violation


def contract_violation(contract: Contract, path: Path) -> str | None:
    """The first violation of its contract in a file, as text; None if it satisfies the contract."""
    if contract.kind == "folder":
        return folder_violation(contract, path)
    if not path.is_file():
        return "is a folder, but the contract describes a file"
    if contract.kind == "python":
        return python_violation(contract, path)
    if contract.kind == "table":
        from kit.contracts.tables import table_violation

        return table_violation(contract, path)
    if contract.kind == "tensors":
        from kit.contracts.tensors import tensors_violation

        return tensors_violation(contract, path)
    try:
        problem = violation(read_json(path), contract.document["schema"])
        return str(problem) if problem else None
    except ValueError as error:
        return f"invalid JSON: {error}"


def folder_violation(contract: Contract, path: Path) -> str | None:
    """The first file that a folder lacks, or that it must not hold; links are never allowed."""
    if not path.is_dir():
        return "is a file, but the contract describes a folder"
    required, allowed = contract.document.get("required", []), contract.document.get("allowed", ["*"])
    for name in required:
        if not (path / name).is_file():
            return f"{name} is missing"
    for found in sorted(path.rglob("*")):
        label = found.relative_to(path).as_posix()
        if found.is_symlink():
            return f"{label} is a link"
        if found.is_file() and not any(fnmatch(found.name, pattern) for pattern in allowed):
            return f"{label} matches none of {', '.join(allowed)}"
    return None


def python_violation(contract: Contract, path: Path) -> str | None:
    """The first function that a Python file does not define as the contract says; the file is parsed, not run."""
    try:
        body = ast.parse(path.read_bytes(), path.name).body
    except (SyntaxError, ValueError) as error:
        return f"invalid Python: {error}"
    defined = {node.name: [argument.arg for argument in node.args.args] for node in body
               if isinstance(node, ast.FunctionDef)}  # fmt: skip
    for name, parameters in contract.document["functions"].items():
        if defined.get(name) != parameters:
            return f"does not define {name}({', '.join(parameters)})"
    return None


def load_checkers(contracts: Iterable[Contract]) -> threading.Thread:
    """Start importing what the contracts will need (pandera takes a second) while the module still runs."""
    names = {"table": "kit.contracts.tables", "tensors": "kit.contracts.tensors"}
    wanted = {names[contract.kind] for contract in contracts if contract.kind in names}
    thread = threading.Thread(target=lambda: [import_module(name) for name in sorted(wanted)], daemon=True)
    thread.start()
    return thread
