"""The quick way through a document and the long way give the same."""

import random
import string
from typing import Any

import pytest
import yaml
from places import ROOT

from kit.formats import yaml12

SCALARS = ["1", "010", "0o17", "0x1f", "1e3",
           "-.5", ".inf", ".nan", "yes", "true", "True", "null", "~", "", "2026-01-01",
           "1_000", "'1'", '"a\\tb"', "a b", "12e", "+7", "1:30", "=", "0b11", "é"]  # fmt: skip
UNUSUAL = ["a: &x 1\nb: *x\n", "a: !!str 1\n", "<<: {a: 1}\nb: 2\n", "--- 1\n", "- !!set {a, b}\n"]


def slow(text: str) -> Any:
    return yaml.load(text, yaml12.Loader)


def same(left: Any, right: Any) -> bool:
    return repr(left) == repr(right)


def document(draw: random.Random, depth: int = 0) -> Any:
    kind = draw.choice(["scalar", "list", "map"]) if depth < 4 else "scalar"
    if kind == "list":
        return [document(draw, depth + 1) for _ in range(draw.randint(0, 3))]
    if kind == "map":
        return {
            draw.choice(string.ascii_letters) + str(n): document(draw, depth + 1) for n in range(draw.randint(0, 3))
        }
    return draw.choice([draw.random(), draw.randint(-9, 9), "x", "1", "true", None, True, "a\nb", "é: #", ""])


def test_documents_of_this_repository() -> None:
    for path in [*ROOT.glob("*/**/*.yaml")][:200]:
        text = path.read_text()
        if "{%" not in text and "{{" not in text and ".venv" not in path.parts:
            assert same(yaml12.load(text), slow(text)), path


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalars(scalar: str) -> None:
    text = f"a: {scalar}\nb: [{scalar or 'x'}, 2]\n"
    assert same(yaml12.load(text), slow(text))


@pytest.mark.parametrize("text", UNUSUAL)
def test_anchors_tags_and_merges(text: str) -> None:
    assert same(yaml12.load(text), slow(text))


def test_random_documents() -> None:
    draw = random.Random(0)
    for _ in range(300):
        style = draw.choice([True, False, None])
        text = yaml.safe_dump(document(draw), default_flow_style=style, allow_unicode=True)
        assert same(yaml12.load(text), slow(text)), text


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2\n", "a: [", "a: 1\n--- 2\n", "{a: 1, a: 2}", "? [1, 2]\n: 3\n", "\tx", "*nobody"]
)
def test_mistakes_are_the_same(text: str) -> None:
    with pytest.raises(yaml.YAMLError) as quick:
        yaml12.load(text)
    with pytest.raises(yaml.YAMLError) as long:
        slow(text)
    assert str(quick.value) == str(long.value)


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(yaml.YAMLError, match="nested too deeply"):
        yaml12.load("[" * 100_000)
