"""Errors carry what, where and in which file; nothing decides by the words of a message."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import SOURCE

from kit.errors import KitError
from kit.project.diagnostic import Diagnostic, diagnostic_of
from kit.project.project import Project

WORDS = {"summary", "message"}
TAGS = "registry/tags.py"  # a tag's message is a format, which GTO writes
SEARCHES = {"startswith", "endswith", "find", "index", "split", "partition", "removeprefix", "count"}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KitError("no stage"), "no stage"),
        (KitError("no stage", "dvc.yaml"), "dvc.yaml: no stage"),
        (KitError("invalid YAML", "dvc.yaml", 3), "dvc.yaml:3: invalid YAML"),
    ],
)
def test_an_error_is_one_line(error: KitError, text: str) -> None:
    assert str(error) == text


def test_an_error_becomes_a_diagnostic_by_what_it_carries(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("a: 1\nb:\n  c: 2\n")
    project = Project(tmp_path)
    assert diagnostic_of(KitError("x: y: z", "a.yaml", 7), project) == Diagnostic("a.yaml", 7, "x: y: z")
    assert diagnostic_of(KitError("wrong", "params.yaml", at=("b", "c")), project) == Diagnostic(
        "params.yaml", 3, "wrong"
    )
    assert diagnostic_of(KitError("nothing to do"), project) == Diagnostic("dvc.yaml", 1, "nothing to do")


def readers(tree: ast.AST) -> Iterator[int]:
    """Lines where a message is searched for words."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        searched = isinstance(called, ast.Attribute) and called.attr in SEARCHES and is_message(called.value)
        compared = isinstance(node, ast.Compare) and any(map(is_message, [node.left, *node.comparators]))
        if isinstance(node, ast.expr) and (searched or compared):
            yield node.lineno


def is_message(node: ast.expr) -> bool:
    """An attribute that holds words for people, or the text of something called an error or a problem."""
    if isinstance(node, ast.Attribute):
        return node.attr in WORDS
    if isinstance(node, ast.JoinedStr):
        return any(is_message(value.value) for value in node.values if isinstance(value, ast.FormattedValue))
    of_error = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str"
    return of_error and any(isinstance(part, ast.Name) and part.id in ("error", "problem") for part in node.args)


@pytest.mark.parametrize("code", ["x in str(error)", "a.summary.startswith(b)", "x in f'{finding.message} '"])
def test_a_reader_of_words_is_found(code: str) -> None:
    assert list(readers(ast.parse(code))) == [1]


def test_nothing_decides_by_the_words_of_a_message() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in sorted((SOURCE / "kit/src/kit").rglob("*.py"))
        if not path.as_posix().endswith(TAGS)
        for line in readers(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []
