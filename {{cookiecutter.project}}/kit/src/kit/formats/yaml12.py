"""YAML 1.2 as DVC's own reader (ruamel.yaml) understands it, read by libyaml, which is twenty times faster."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml
from yaml.cyaml import CParser

INTEGER, MAPPING = "tag:yaml.org,2002:int", "tag:yaml.org,2002:map"
# What unquoted scalars mean, by their first characters: ruamel.yaml's own patterns for YAML 1.2, repeated here because
# importing it takes longer than reading a pipeline. No dates: JSON has none, and parameters are passed
# on as JSON.
SCALARS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "float": (
        r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
        r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    "int": (r"[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+", "-+0123456789"),
    "merge": (r"<<", "<"),
    "null": (r"~|null|Null|NULL|", ("~", "n", "N", "")),
}

# How many characters aliases may add when expanded; without a limit, a line of text could expand beyond any memory.
MOST_REPEATED = 1_000_000


class Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """Safe, without YAML 1.1's yes, no, on, off and octal 010, without duplicate keys, and of a size that is
    bounded by the text's length.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def get_single_node(self) -> yaml.Node | None:
        node: yaml.Node | None = super().get_single_node()
        if node is not None:
            _Expansion().add(node)
        return node

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Any, Any]:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                if key.value in seen:
                    problem = f"found duplicate key {key.value}"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        digits = str(self.construct_scalar(node)).replace("_", "")
        base = {"0b": 2, "0o": 8, "0x": 16}.get(digits.lstrip("+-")[:2], 10)
        try:
            return int(digits, base)
        except ValueError:  # Python's own limit (sys.set_int_max_str_digits)
            problem = f"found a number of {len(digits)} digits"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


class _Expansion:
    """How long a document is with every alias expanded; it is refused if aliases make it too long."""

    def __init__(self) -> None:
        self._sizes: dict[yaml.Node, int | None] = {}
        self._added = 0

    def add(self, node: yaml.Node) -> int:
        if node in self._sizes:
            size = self._sizes[node]
            if size is None:
                raise yaml.composer.ComposerError(None, None, "found an alias inside what it names", node.start_mark)
            self._added += size
            if self._added > MOST_REPEATED:
                problem = f"found aliases that expand to more than {MOST_REPEATED} characters"
                raise yaml.composer.ComposerError(None, None, problem, node.start_mark)
            return size
        self._sizes[node] = None
        size = 8 + sum(map(self.add, _children(node))) if isinstance(node, yaml.CollectionNode) else 8 + len(node.value)
        self._sizes[node] = size
        return size


def _children(node: yaml.CollectionNode) -> Iterator[yaml.Node]:
    for item in node.value:
        yield from item if isinstance(item, tuple) else (item,)


for name, (pattern, first) in SCALARS.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(f"^(?:{pattern})$"), list(first))
Loader.add_constructor(INTEGER, Loader.construct_integer)


def load(text: str) -> Any:
    """The one document in a text.

    Raises:
        yaml.YAMLError: it is invalid, nested too deeply, too long with its aliases expanded, or has several
            documents or a duplicate key.
    """
    try:
        try:
            return _plain_document(CParser(text))
        except (_Unusual, yaml.constructor.ConstructorError):
            return yaml.load(text, Loader)
    except RecursionError:
        raise yaml.YAMLError("nested too deeply") from None


class _Unusual(Exception):
    """Anchors, tags, merge keys, several documents, or a mistake: left to the full loader."""


def _plain_document(parser: CParser) -> Any:
    """The document built from libyaml's events, in a third of the time of PyYAML's nodes."""
    parser.get_event()  # the stream begins
    if isinstance(parser.get_event(), yaml.StreamEndEvent):
        return None
    document = _built(parser, parser.get_event())
    parser.get_event()  # the document ends
    if not isinstance(parser.get_event(), yaml.StreamEndEvent):
        raise _Unusual
    return document


def _built(parser: CParser, event: yaml.Event) -> Any:
    kind = type(event)
    if kind is yaml.AliasEvent or event.anchor or event.tag:
        raise _Unusual
    if kind is yaml.ScalarEvent:
        return _plain_scalar(event.value) if event.implicit[0] else event.value
    next_event = parser.get_event
    if kind is yaml.SequenceStartEvent:
        items = []
        while type(event := next_event()) is not yaml.SequenceEndEvent:
            items.append(_built(parser, event))
        return items
    mapping = {}
    while type(event := next_event()) is not yaml.MappingEndEvent:
        if type(event) is not yaml.ScalarEvent or event.value == "<<":
            raise _Unusual
        key = _built(parser, event)
        if key in mapping:
            raise _Unusual
        mapping[key] = _built(parser, next_event())
    return mapping


@lru_cache(maxsize=4096)
def _plain_scalar(text: str) -> Any:
    """The value of an unquoted scalar."""
    resolvers = Loader.yaml_implicit_resolvers.get(text[:1], [])
    tag = next((tag for tag, pattern in resolvers if pattern.match(text)), None)
    return text if tag is None else Loader.yaml_constructors[tag](Loader(""), yaml.ScalarNode(tag, text))


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line, from 1, of the key or item at a path (keys and indices), or of the last existing part of it."""
    node, line = yaml.compose(text, Loader), 1
    for step in path:
        found = _step(node, step)
        if found is None:
            break
        mark, node = found
        line = mark.line + 1
    return line


def _step(node: yaml.Node | None, step: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode):
        matches = [item for index, item in enumerate(node.value) if step in (index, item.value)]
        return (matches[0].start_mark, matches[0]) if matches else None
    return None
