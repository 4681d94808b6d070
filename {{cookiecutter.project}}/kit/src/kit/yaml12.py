"""YAML 1.2 as DVC's own reader (ruamel.yaml) understands it, read by libyaml, which is twenty times faster."""

from typing import Any

import yaml
from ruamel.yaml.resolver import implicit_resolvers

INTEGER, MAPPING = "tag:yaml.org,2002:int", "tag:yaml.org,2002:map"
# No dates: JSON has none, and neither do parameters that are handed on as JSON.
PLAIN = {INTEGER, *(f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "null", "merge"))}


class Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """Safe, without YAML 1.1's yes, no, on, off and octal 010, and without keys that stand there twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

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
        return int(digits, base)


for versions, tag, pattern, first in implicit_resolvers:
    if tag in PLAIN and (1, 2) in map(tuple, versions):
        Loader.add_implicit_resolver(tag, pattern, first)
Loader.add_constructor(INTEGER, Loader.construct_integer)


def load(text: str) -> Any:
    """The one document in a text.

    Raises:
        yaml.YAMLError: it is no YAML, holds several documents, or a key twice.
    """
    return yaml.load(text, Loader)


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line, from 1, of the key or item that a path (keys and indices) leads to, or of the last that is there."""
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
