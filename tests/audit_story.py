"""docs/audit.md, run as it stands: its commands in order, and what they printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from e2e_project import Baked

BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```\n(\n```text\n(?P<printed>.*?)```\n)?", re.DOTALL)
# Hooks that have nothing to do with the story.
SKIP = "ruff-check,ruff-format,large-files,kit-check,dvc-pre-commit"
# What depends on the day, the machine, or its arithmetic: two settings may train to one result, here or elsewhere.
VARIES = [
    (re.compile(r"(cpython-\S+); .*?, (\d+ threads?)"), r"\1; PROCESSOR, \2"),
    (re.compile(r"cpython-[\w.-]+"), "PYTHON"),
    (re.compile(r"\b\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d UTC)?"), "DATE"),
    (re.compile(r"\b[0-9a-f]{8,64}\b"), "HASH"),
    (re.compile(r"-?\d+\.\d{2,}(e-\d+)?"), "NUMBER"),
    (re.compile(r": different \(.*\)"), ": different (…)"),
    (re.compile(r"^(  artifacts/evaluate/\w+\.csv): .*$", re.MULTILINE), r"\1: VERDICT"),
    (re.compile(r"(made from HASH): \d+ results"), r"\1: SOME results"),
]


@dataclass(frozen=True)
class Block:
    """Commands, and what the page says that they print; None where it says nothing."""

    commands: str
    printed: str | None


def blocks(text: str) -> list[Block]:
    return [Block(found["commands"], found["printed"]) for found in BLOCK.finditer(text)]


def shows(block: Block) -> bool:
    """Whether the page shows what a block prints: it asks the kit something."""
    return any(line.startswith("kit ") for line in block.commands.splitlines())


def with_output(text: str, outputs: Iterator[str]) -> str:
    """The page with what was really printed after every block that asks something."""

    def filled(found: re.Match[str]) -> str:
        printed, block = next(outputs), Block(found["commands"], None)
        return f"```sh\n{block.commands}```\n" + (f"\n```text\n{printed}```\n" if shows(block) else "")

    return BLOCK.sub(filled, text)


def normal(printed: str) -> str:
    """Without what differs from machine to machine and from day to day."""
    for pattern, word in VARIES:
        printed = pattern.sub(word, printed)
    return printed


def run(project: Baked, block: Block) -> str:
    """What a reader would see who pastes the block into a shell."""
    own = f"{project.root}/.venv/bin"
    command = f'export PATH="{own}:$PATH"\n{block.commands}'
    return project.run("sh", "-ec", command, SKIP=SKIP)
