"""Parameters are read as DVC reads them."""

from pathlib import Path
from typing import Any

import pytest
from dvc.dependency.param import read_param_file
from dvc.fs import LocalFileSystem

from kit.dvc.params import MISSING, changed_params, read_params, values_in
from kit.errors import KitError

TEXTS = {
    "p.yaml": "a: {b: 1, c: [1, {d: 2}]}\ne.f: 3\ne: {f: 4}\nn: null\n'1': one\n",
    "p.json": '{"a": {"b": 1, "c": [1, {"d": 2}]}, "n": null}',
    "p.toml": "x = 1\n[a]\nb = 1\nc = [1, 2]\n",
    "p.py": "X = 1\nT = (1, 2)\nclass A:\n    b = {'c': [1]}\n",
    "p.conf": "a: {b: 1}\n",
}
NAMES = [
    "a",
    "a.b",
    "a.c",
    "a.c.0",
    "a.c.1",
    "a.c.1.d",
    "e.f",
    "e",
    "n",
    "1",
    "X",
    "T",
    "A.b",
    "A.b.c",
    "x",
    "a.*",
    "no",
]


@pytest.mark.parametrize("file", TEXTS)
def test_values_are_those_that_dvc_reads(file: str, tmp_path: Path) -> None:
    place = tmp_path / file
    place.write_text(TEXTS[file])
    document = read_params(place.read_bytes(), file)
    assert document == read_param_file(LocalFileSystem(), str(place))
    for name in NAMES:
        try:
            theirs: Any = read_param_file(LocalFileSystem(), str(place), [name], flatten=True)
        except ValueError:  # a pattern of several values, which DVC does not take
            theirs = {}
        assert values_in(document, [name]) == theirs, name


@pytest.mark.parametrize(
    ("names", "recorded", "document", "expected"),
    [
        (["a"], {"a": 1}, {"a": 1, "b": 2}, {}),
        (["a"], {"a": 1}, {"a": 2}, {"a": 2}),
        (["a"], {"a": [1, 2]}, {"a": (1, 2)}, {}),
        (["a"], {"a": 1}, {}, {"a": MISSING}),
        (["a", "b"], {"a": 1}, {"a": 1, "b": None}, {"b": None}),
        (["a"], None, {"a": 1}, {"a": 1}),
        ([], {"a": 1}, {"a": 1}, {}),
        ([], {"a": 1}, {"a": 1, "b": 2}, {"b": 2}),
        ([], {"a": 1, "b": 2}, {"a": 1}, {"b": MISSING}),
        (["a"], {"a": 1, "dropped": 2}, {"a": 1}, {}),
    ],
)
def test_what_differs(
    names: list[str], recorded: dict[str, Any] | None, document: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert changed_params(names, recorded, document) == expected


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("p.yaml", b"a: ["),
        ("p.yaml", b"- 1"),
        ("p.json", b"{"),
        ("p.json", b"[]"),
        ("p.toml", b"a ="),
        ("p.py", b"a ="),
        ("p.toml", b"\xff"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(file: str, data: bytes) -> None:
    with pytest.raises(KitError) as caught:
        read_params(data, file)
    assert caught.value.file == file
