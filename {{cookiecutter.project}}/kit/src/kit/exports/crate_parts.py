"""Identifiers and formal parameters of a run crate, and how they are connected."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from kit.dvc.artifact import Artifact
from kit.formats.flat import flat, short_text
from kit.lineage import ExecutionNode, Subject


@dataclass(frozen=True)
class Formal:
    """An input or output of the workflow (`owner` None) or of a tool, and the ids of what filled it."""

    id: str
    name: str
    type: str
    direction: str
    owner: str | None
    examples: tuple[str, ...]


def artifact_id(subject: Subject, artifact: Artifact) -> str:
    """A hash URI: the same bytes have the same name in every crate. The path keeps equal contents apart."""
    digests = subject.digests(artifact)
    name, value = next(iter(digests.items()), ("dvc", quote(artifact.hash, safe="")))
    return f"hash://{name}/{value}?path={quote(artifact.path, safe='')}"


def stage_id(node: ExecutionNode) -> str:
    return quote(node.execution.stage, safe="")


class Parameters:
    """The ports and settings of every tool."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def tool_id(self, node: ExecutionNode) -> str:
        """One tool for each module, however many stages run it; a plain stage has its own."""
        module = node.execution.module
        return f"#tool-{quote(module, safe='')}" if module else f"#tool-of-{stage_id(node)}"

    def port_id(self, node: ExecutionNode, artifact: Artifact) -> str:
        return f"{self.tool_id(node)}-{quote(self._port(node, artifact), safe='')}"

    def _port(self, node: ExecutionNode, artifact: Artifact) -> str:
        """The port's name, from the record; else the file's stem."""
        record = node.record or {"inputs": {}, "outputs": {}}
        for port, entry in (*record["inputs"].items(), *record["outputs"].items()):
            if entry["path"] == artifact.path:
                return str(port)
        return PurePosixPath(artifact.path).stem

    def settings(self, node: ExecutionNode) -> Iterator[tuple[str, str, Any]]:
        """(id, name, value) of every parameter that a run was given."""
        for name, value in flat(node.execution.settings):
            yield f"#set-{stage_id(node)}-{quote(name, safe='')}", name, short_text(value)

    def environment(self, node: ExecutionNode) -> Iterator[tuple[str, str, Any, str]]:
        """Python, lock, machine, threads and variables of a run."""
        assert node.record
        record, start = node.record, f"#environment-{stage_id(node)}"
        values = {
            "python": record["environment"]["python"],
            "lock sha256": record["environment"]["lock_sha256"],
            "installed sha256": record["environment"]["installed"]["sha256"],
            "processor": record["machine"]["cpu"],
            "device": ", ".join(gpu["name"] for gpu in record["device"]["gpus"]) or record["device"]["kind"],
            "threads": str(record["determinism"]["threads"]),
            "isolation": record["isolation"],
            **record["determinism"]["variables"],
        }
        for name, value in values.items():
            yield f"{start}-{_word(name)}", name, value, f"urn:kit:environment:{_word(name)}"

    def usage(self, node: ExecutionNode) -> Iterator[tuple[str, str, Any, str]]:
        """Duration and peak memory of a run."""
        assert node.record
        for name, key in (("duration in seconds", "duration_s"), ("peak memory in bytes", "peak_memory_bytes")):
            if node.record[key] is not None:
                yield f"#usage-{stage_id(node)}-{key}", name, str(node.record[key]), f"urn:kit:usage:{key}"

    def all(self, inputs: Sequence[Artifact]) -> Iterator[Formal]:
        """The formal parameters of the workflow, then of each tool; every one has a value."""
        for direction, artifacts in (("input", inputs), ("output", self.subject.results)):
            for artifact in artifacts:
                identifier = f"dvc.yaml#{direction}-{quote(artifact.path, safe='')}"
                example = (artifact_id(self.subject, artifact),)
                yield Formal(identifier, artifact.path, "File", direction, None, example)
        found: dict[str, list[Formal]] = {}
        for node in self.subject.executions:
            for formal in self._of_tool(node):
                found.setdefault(formal.id, []).append(formal)
        for same in found.values():
            examples = tuple(dict.fromkeys(example for formal in same for example in formal.examples))
            first = same[0]
            yield Formal(first.id, first.name, first.type, first.direction, first.owner, examples)

    def _of_tool(self, node: ExecutionNode) -> Iterator[Formal]:
        tool = self.tool_id(node)
        for direction, artifacts in (("input", node.execution.inputs), ("output", node.execution.results)):
            for artifact in artifacts:
                if artifact in self.subject.trace.artifacts:
                    example = (artifact_id(self.subject, artifact),)
                    yield Formal(
                        self.port_id(node, artifact), self._port(node, artifact), "File", direction, tool, example
                    )
        for identifier, name, _ in self.settings(node):
            yield Formal(f"{tool}-{_word(name)}-setting", name, "PropertyValue", "input", tool, (identifier,))

    def connections(self) -> Iterator[tuple[str, str]]:
        """(output, input) by their ids, each pair once."""
        makers = {out: node for node in self.subject.executions for out in node.execution.results}
        pairs = (
            (self.port_id(makers[dep], dep), self.port_id(node, dep))
            for node in self.subject.executions
            for dep in node.execution.inputs
            if dep in makers
        )
        yield from dict.fromkeys(pairs)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
