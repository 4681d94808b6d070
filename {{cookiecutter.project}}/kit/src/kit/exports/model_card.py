"""A model card for Hugging Face (huggingface.co/docs/hub/model-cards): what was recorded, and what is declared."""

from collections.abc import Iterator
from typing import Any

import yaml

from kit.formats.filesize import decimal
from kit.lineage import ExecutionNode, Subject

# The hub's identifiers are those of SPDX in lower case.
HUB_LICENSES = {"mit", "apache-2.0", "bsd-3-clause", "cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0", "gpl-3.0", "unlicense"}


def model_card(subject: Subject) -> str:
    """Markdown with YAML front matter."""
    front = yaml.safe_dump(_front_matter(subject), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n" + "\n".join(_body(subject)) + "\n"


def _front_matter(subject: Subject) -> dict[str, Any]:
    license = (subject.license or "").lower()
    named = (
        {"license": license} if license in HUB_LICENSES else {"license": "other", "license_name": license or "unknown"}
    )
    metrics = [{"type": name.rpartition(":")[2], "value": value, "name": name} for name, value in subject.metrics()]
    front: dict[str, Any] = {**named, "tags": ["dvc", "reproducible"]}
    if metrics:
        data = ", ".join(node.artifact.path for node in subject.trace.raw) or "unknown"
        result = {"task": {"type": "other"}, "dataset": {"type": "other", "name": data}, "metrics": metrics}
        front["model-index"] = [{"name": subject.name, "results": [result]}]
    return front


def _body(subject: Subject) -> Iterator[str]:
    yield f"# {_text(subject.name)}: {', '.join(_text(result.path) for result in subject.results)}"
    yield ""
    if description := subject.project.get("description"):
        yield f"{_text(str(description))}\n"
    yield "## Recorded: by the kit, when it was made"
    yield ""
    yield f"- commit: {subject.commit or 'none'}"
    for result in subject.results:
        yield f"- {_text(result.path)}: {_size(subject, result)}{_digests(subject, result)}"
    yield f"- lineage digest: {subject.lineage_digest}"
    yield ""
    yield "| stage | module | run | environment | machine |"
    yield "| --- | --- | --- | --- | --- |"
    for node in subject.executions:
        yield _row(node)
    yield ""
    metrics = list(subject.metrics())
    if metrics:
        yield "| metric | value |"
        yield "| --- | --- |"
        yield from (f"| {_text(name)} | {value:.6g} |" for name, value in metrics)
        yield ""
    yield from _declared(subject)


def _declared(subject: Subject) -> Iterator[str]:
    yield "## Declared: by its authors, unchecked"
    yield ""
    yield f"- licence of the project: {subject.license or 'not declared'}"
    for node in sorted(subject.trace.raw, key=lambda node: node.artifact):
        raw = node.raw
        license = (raw.license if raw else None) or "not declared"
        source = (raw.source if raw else None) or "not declared"
        yield f"- {_text(node.artifact.path)}: licence {_text(license)}, from {_text(source)}"
    for title, field in (("Assumptions", "assumptions"), ("Expected", "expected"), ("Failure modes", "failure_modes")):
        entries = dict.fromkeys(
            f"- {node.execution.module}: {_text(str(line))}"
            for node in subject.executions
            for line in subject.card(node.execution.module).get(field) or []
        )
        if entries:
            yield f"\n### {title}\n"
            yield from entries


def _size(subject: Subject, result: Any) -> str:
    size = subject.recorded(result).get("size")
    return f"{decimal(size)}, " if size is not None else ""


def _digests(subject: Subject, result: Any) -> str:
    known = subject.digests(result)
    tensors = subject.recorded(result).get("tensor_digest")
    return ", ".join(
        [*(f"{name} {value}" for name, value in known.items()), *([f"tensors {tensors}"] if tensors else [])]
    )


def _row(node: ExecutionNode) -> str:
    execution, record = node.execution, node.record
    module = f"{execution.module} {node.version}" if execution.module else execution.command
    if record is None:
        return f"| {_text(execution.stage)} | {_text(module)} | unknown | unknown | unknown |"
    ran = f"{node.origin.status}, {record['started'][:19]} UTC, isolation {record['isolation']}"
    environment = f"{record['environment']['python']}, lock {record['environment']['lock_sha256'][:12]}"
    machine = f"{record['machine']['cpu']}, {record['device']['kind']}, threads {record['determinism']['threads']}"
    return f"| {_text(execution.stage)} | {_text(module)} | {ran} | {environment} | {_text(machine)} |"


def _text(text: str) -> str:
    """Text, escaped for Markdown and HTML."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("|", "\\|").replace("`", "\\`").replace("\n", " ")
