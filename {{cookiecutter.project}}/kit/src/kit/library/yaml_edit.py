"""Edit dvc.yaml and params.yaml as text, so that comments, order and layout are kept."""

from typing import Any

import yaml

from kit.errors import KitError
from kit.formats import yaml12


def with_stage(text: str, name: str, lines: list[str], after: str | None = None) -> str:
    """dvc.yaml with another stage, after a given one or at the end; `lines` are the stage's, without indentation.

    Raises:
        KitError: the stages are in flow style, where no line can be added.
    """
    stages = _entry(_composed(text), "stages")
    if stages is None:
        return _joined(text, ["stages:", *_indented([f"{name}:", *_indented(lines)])])
    key, value = stages
    if isinstance(value, yaml.MappingNode) and not value.value:
        block = ["stages:", *_indented([f"{name}:", *_indented(lines)])]
        return _spliced(text, key.start_mark.line, value.end_mark.line + 1, block)
    if not isinstance(value, yaml.MappingNode) or value.flow_style:
        message = "its stages are in flow style ({…}); write them in block style and try again"
        raise KitError(message, "dvc.yaml", at=("stages",))
    unit = value.start_mark.column
    neighbour = next((entry for entry in value.value if entry[0].value == after), value.value[-1])
    end = _end(text, neighbour[1])
    block = [" " * unit + line for line in [f"{name}:", *_indented(lines)]]
    return _spliced(text, end, end, ["", *block])


def with_section(text: str, name: str, lines: list[str]) -> str:
    """params.yaml with another section at its end; `lines` are the section's, without indentation.

    Raises:
        KitError: the sections are in flow style, where no line can be added.
    """
    root = _composed(text)
    if isinstance(root, yaml.MappingNode) and root.flow_style and root.value:
        raise KitError("is in flow style ({…}); write it in block style and try again", "params.yaml")
    if isinstance(root, yaml.MappingNode) and not root.value:  # `{}` alone
        text = _spliced(text, root.start_mark.line, root.end_mark.line + 1, [])
    return _joined(text, [f"{name}:", *_indented(lines)] if lines else [f"{name}: {{}}"])


def without_section(text: str, name: str) -> str:
    """params.yaml without one section; comments around it are kept."""
    entry = _entry(_composed(text), name)
    if entry is None:
        return text
    lines = text.splitlines()
    start, end = entry[0].start_mark.line, _end(text, entry[1])
    before = "\n".join(lines[:start]).rstrip("\n")
    after = "\n".join(lines[end:]).lstrip("\n")
    return "\n\n".join(part for part in (before, after.rstrip("\n")) if part) + "\n"


def section_lines(text: str, name: str) -> list[str] | None:
    """A section of params.yaml with its comments, without indentation; None if there is none."""
    entry = _entry(_composed(text), name)
    if entry is None:
        return None
    key, value = entry
    if not isinstance(value, yaml.MappingNode) or not value.value:
        return []
    if value.flow_style:
        return yaml_lines(yaml12.load(text)[name])
    lines = text.splitlines()[key.start_mark.line + 1 : _end(text, value)]
    return [line[value.start_mark.column :] if line.strip() else "" for line in lines]


def yaml_lines(values: dict[str, Any]) -> list[str]:
    """Values as lines of YAML in block style."""
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True).splitlines() if values else []


def scalar(text: str) -> str:
    """A text as YAML on one line, in quotes where it needs them."""
    return str(yaml.safe_dump(text, allow_unicode=True, width=float("inf"))).removesuffix("...\n").rstrip("\n")


def _composed(text: str) -> yaml.Node | None:
    """The nodes of a text with a line break at its end, which the last line of some files lacks."""
    return yaml.compose(text.rstrip("\n") + "\n", yaml12.Loader)


def _entry(root: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    if not isinstance(root, yaml.MappingNode):
        return None
    return next(((key, value) for key, value in root.value if key.value == name), None)


def _end(text: str, value: yaml.Node) -> int:
    """The number of lines up to the end of a value: comments and blank lines after it belong to what follows."""
    lines = text.splitlines()
    is_block = isinstance(value, yaml.CollectionNode) and not value.flow_style
    end: int = min(value.end_mark.line + (0 if is_block else 1), len(lines))
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _spliced(text: str, start: int, end: int, block: list[str]) -> str:
    lines = text.splitlines()
    return "\n".join([*lines[:start], *block, *lines[end:]]) + "\n"


def _joined(text: str, block: list[str]) -> str:
    """Append a block, after a blank line."""
    return "\n".join([*text.rstrip("\n").splitlines(), *([""] if text.strip() else []), *block]) + "\n"


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]
