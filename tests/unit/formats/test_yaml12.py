"""The quick way through a document and the long way give the same."""

import random
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import ROOT
from ruamel.yaml.resolver import implicit_resolvers

from kit.errors import KitError
from kit.formats import yaml12
from kit.formats.documents import read_yaml
from kit.library.yaml_edit import with_section

SCALARS = ["1", "010", "0o17", "0x1f", "1e3",
           "-.5", ".inf", ".nan", "yes", "true", "True", "null", "~", "", "2026-01-01",
           "1_000", "'1'", '"a\\tb"', "a b", "12e", "+7", "1:30", "=", "0b11", "é"]  # fmt: skip
UNUSUAL = ["a: &x 1\nb: *x\n", "a: !!str 1\n", "<<: {a: 1}\nb: 2\n", "--- 1\n", "- !!set {a, b}\n"]


def slow(text: str) -> Any:
    return yaml.load(text, yaml12.Loader)


def same(left: Any, right: Any) -> bool:
    return repr(left) == repr(right)


def test_scalars_mean_what_dvcs_own_reader_takes_them_for() -> None:
    """Less dates, which the kit leaves as text."""
    theirs = [(tag, pattern, first) for versions, tag, pattern, first in implicit_resolvers if (1, 2) in versions]
    theirs = [rule for rule in theirs if rule[0].rpartition(":")[2] in yaml12.SCALARS]
    draw = random.Random(0)
    for _ in range(20_000):
        text = "".join(draw.choices("0123456789+-._eExXobnfaN~<", k=draw.randint(0, 6)))
        expected = [tag for tag, pattern, first in theirs if text[:1] in first and pattern.match(text)]
        found = [tag for tag, pattern in yaml12.Loader.yaml_implicit_resolvers.get(text[:1], []) if pattern.match(text)]
        assert found == expected, text


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


def bomb(first: str, following: str) -> str:
    """Each line repeats the one before nine times: 21 lines stand for 9**20 items."""
    lines = [f"a0: &a0 {first}"]
    lines += (f"a{n}: &a{n} {following.format(', '.join([f'*a{n - 1}'] * 9))}" for n in range(1, 21))
    return "\n".join(lines) + "\n"


BOMBS = {
    "lists": (bomb("[x, x]", "[{}]"), "expand to more than"),
    "mappings": (bomb("{x: 1}", "{{y: [{}]}}"), "expand to more than"),
    "merged mappings": (bomb("{x: 1}", "{{<<: [{}]}}"), "expand to more than"),
    "a long text, often": (f"a: &a {'x' * 20_000}\nb: [{', '.join(['*a'] * 60)}]\n", "expand to more than"),
    "a list that holds itself": ("a: &a [1, *a]\n", "an alias inside what it names"),
    "a mapping that holds itself": ("a: &a {b: {c: *a}}\n", "an alias inside what it names"),
    "a key that holds itself": ("? &a [*a]\n: 1\n", "an alias inside what it names"),
    "a number longer than Python reads": (f"b: 1\na: {'9' * 5000}\n", "a number of 5000 digits"),
}


@pytest.mark.parametrize(("text", "message"), BOMBS.values(), ids=BOMBS)
def test_a_small_text_does_not_stand_for_a_huge_document(text: str, message: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError, match=message) as failed:
        yaml12.load(text)
    assert failed.value.problem_mark is not None


@pytest.mark.parametrize("act", [lambda text: yaml12.line_of(text, ("a1",)), lambda text: with_section(text, "b", [])])
def test_no_way_of_reading_follows_it(act: Callable[[str], object]) -> None:
    with pytest.raises(yaml.YAMLError, match="expand to more than"):
        act(BOMBS["lists"][0])


def test_a_bomb_is_one_line_that_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "module.yaml").write_text(BOMBS["lists"][0])
    with pytest.raises(KitError) as failed:
        read_yaml(tmp_path / "module.yaml", "modules/x/module.yaml")
    place, number, rest = str(failed.value).split(":", 2)
    assert place == "modules/x/module.yaml"
    assert int(number) > 1
    assert rest == " invalid YAML: found aliases that expand to more than 1000000 characters"


def test_ordinary_anchors_stay() -> None:
    many = "base: &base {a: 1, b: [1, 2]}\n" + "".join(f"s{n}: {{<<: *base, c: *base}}\n" for n in range(1000))
    found = yaml12.load(many)
    assert found["s999"] == {"a": 1, "b": [1, 2], "c": {"a": 1, "b": [1, 2]}}


@pytest.mark.parametrize("text", ["a: 1\nb: [x]\n", "---\na: 1\nb: [x]\n", "a: &a 1\nb: [x, *a]\n"])
@pytest.mark.parametrize("written", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n")])
def test_what_editors_on_windows_add_changes_nothing(text: str, written: Callable[[str], str]) -> None:
    assert yaml12.load(written(text)) == yaml12.load(text)
