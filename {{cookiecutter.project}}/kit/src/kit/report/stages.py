"""The details of each stage, as sections that open from the drawing."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from kit.dvc.artifact import Artifact
from kit.formats.filesize import decimal
from kit.formats.flat import flat, short_text
from kit.lineage import ArtifactNode, AuditFinding, ExecutionNode, Severity, Trace
from kit.report.drawing import Box
from kit.report.run_record_text import changes, hardware, started

SYMBOLS = {"good": "✓", "error": "✗", "warning": "!", "unknown": "?"}


def anchor(kind: str, name: str) -> str:
    """An id that is unique in the page and safe in a link."""
    return f"{kind}-{quote(name, safe='')}".replace("%", ".")


def boxes(trace: Trace, states: Mapping[str, str]) -> list[Box]:
    """Raw data and stages, in the order of the pipeline."""
    raw = [_raw_box(node) for node in trace.raw]
    ran = []
    for stage, node in trace.executions.items():
        state = states.get(stage, "good")
        title = f"{SYMBOLS[state]} {stage}"
        words = f"{state if state != 'good' else 'as recorded'}, {node.origin.status}"
        ran.append(Box(stage, anchor("stage", stage), title, node.execution.module or "plain stage", state, words))
    return raw + ran


def _raw_box(node: ArtifactNode) -> Box:
    path = node.artifact.path
    place = anchor("raw", path)
    return Box(f"raw {path}", place, path.rpartition("/")[2], "raw data", "raw", str(node.state), raw=True)


def edges(trace: Trace) -> list[tuple[str, str]]:
    """(from, to) by the names of boxes, each once."""
    makers = {artifact: node.made_by for artifact, node in trace.artifacts.items()}
    found: dict[tuple[str, str], None] = {}
    for stage, node in trace.executions.items():
        for dep in node.execution.inputs:
            found[makers.get(dep) or f"raw {dep.path}", stage] = None
    return list(found)


def states_of(trace: Trace, findings: Sequence[AuditFinding]) -> dict[str, str]:
    """Stage to the worst class of finding about its outs, its inputs, its record or its module."""
    order = list(Severity)
    found = {
        stage: [finding.level for finding in findings if concerns(finding, trace, stage)] for stage in trace.executions
    }
    return {stage: str(min(levels, key=order.index)) for stage, levels in found.items() if levels}


def concerns(finding: AuditFinding, trace: Trace, stage: str) -> bool:
    """Whether a finding is about a stage, or about one of its outs, its inputs, its record or its module."""
    execution = trace.executions[stage].execution
    places = {artifact.path for artifact in (*execution.outs, *execution.deps)}
    places |= {f"modules/{execution.module}/{name}" for name in ("requirements.txt", "module.yaml")}
    return finding.stage == stage or finding.place in places


def raw_section(node: ArtifactNode) -> str:
    """Raw data: hash, source and licence."""
    raw = node.raw
    rows = [
        ("md5", _code(node.artifact.hash)),
        ("bytes here", escape(str(node.state))),
        ("source", escape((raw.source if raw else None) or "not declared")),
        ("licence", escape((raw.license if raw else None) or "not declared")),
    ]
    rows += [("note", escape(node.note))] if node.note else []
    return _details(
        anchor("raw", node.artifact.path), f"{escape(node.artifact.path)} <small>raw data</small>", _rows(rows)
    )


def stage_section(node: ExecutionNode, trace: Trace, state: str, findings: Sequence[str]) -> str:
    """A stage: its module, what it read and made, parameters, environment and machine."""
    execution = node.execution
    module = f"{execution.module} {node.version}" if execution.module else execution.command
    symbol = f'<span class="mark {state}">{SYMBOLS[state]}</span>'
    summary = f"{symbol} {escape(execution.stage)} <small>{escape(module)}</small>"
    body = "".join(f'<p class="finding">{escape(finding)}</p>' for finding in findings)
    body += _rows(list(_how(node)))
    body += "<h4>inputs</h4>" + _files(execution.inputs, trace, node)
    body += "<h4>outputs</h4>" + _files(execution.results, trace, node)
    settings = [(name, escape(short_text(value))) for name, value in flat(execution.settings)]
    if settings:
        body += "<h4>params</h4>" + _rows(settings)
    if node.source and node.source.contract:
        body += "<h4>contract</h4>" + _rows(list(_contract(node)))
    return _details(anchor("stage", execution.stage), summary, body)


def _how(node: ExecutionNode) -> Iterator[tuple[str, str]]:
    execution, record = node.execution, node.record
    why = f" ({node.origin.why})" if node.origin.why else ""
    since = f" in {node.origin.since[:8]}" if node.origin.since else ""
    yield "status", escape(f"{node.origin.status}{since}{why}")
    yield "command", _code(execution.command)
    if execution.code:
        yield "code", _code(execution.code.hash)
    if record is None:
        yield "record", escape(node.record_problem)
        return
    code = record["code"]
    yield "commit", _code(code["commit"]) + escape(changes(record)) if code else "none"
    yield "started", escape(f"{started(record)}, took {record['duration_s']:.1f} s")
    environment, machine = record["environment"], record["machine"]
    yield (
        "environment",
        escape(f"{environment['python']}, {environment['installed']['packages']} packages, lock ")
        + _code(environment["lock_sha256"]),
    )
    yield "machine", escape(f"{machine['host']}, {hardware(record)}")
    memory = record["peak_memory_bytes"]
    yield "isolation", escape(record["isolation"] + (f", memory at most {decimal(memory)}" if memory else ""))


def _files(artifacts: Sequence[Artifact], trace: Trace, node: ExecutionNode) -> str:
    entries: dict[str, Mapping[str, Any]] = {}
    for side in ("inputs", "outputs") if node.record else ():
        entries |= {entry["path"]: entry for entry in (node.record or {})[side].values()}
    rows = []
    for artifact in artifacts:
        known, here = entries.get(artifact.path, {}), trace.artifacts.get(artifact)
        words = [escape(str(known["type"]))] if "type" in known else []
        words += [escape(decimal(known["size"]))] if "size" in known else []
        words += [escape(str(here.state))] if here else []
        hashes = [f"md5 {_code(artifact.hash)}"]
        hashes += [
            f"{label} {_code(known[key])}"
            for key, label in (("sha256", "sha256"), ("tensor_digest", "tensors"))
            if key in known
        ]
        rows.append((artifact.path, f"{', '.join(words)}<br>{'<br>'.join(hashes)}"))
    return _rows(rows) if rows else "<p>none</p>"


def _contract(node: ExecutionNode) -> Iterator[tuple[str, str]]:
    assert node.source
    contract = node.source.contract
    for name in ("family", "version", "python"):
        yield name, escape(str(contract.get(name, "unknown")))
    for side in ("inputs", "outputs"):
        ports = contract.get(side)
        for port, entry in ports.items() if isinstance(ports, dict) else ():
            yield f"{side[:-1]} {port}", escape(short_text(entry))
    yield "resources", escape(short_text(contract.get("resources")))


def _details(identifier: str, summary: str, body: str) -> str:
    """The link's target is inside, so that browsers open the section without any script."""
    return f'<details><summary>{summary}</summary><div id="{identifier}" class="body">{body}</div></details>'


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    """Names are text, values HTML."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
