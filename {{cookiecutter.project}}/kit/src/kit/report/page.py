"""The page itself: findings first, then the graph, metrics, plots, experiments and every stage."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib import resources

from kit import __version__
from kit.lineage import AuditFinding, AuditReport, History, Revision, Severity, Trace, verify, whole_trace
from kit.report.comparison import Line, experiments, line_of, number, table
from kit.report.drawing import svg
from kit.report.plots import plots
from kit.report.stages import boxes, concerns, edges, raw_section, stage_section, states_of

# The page is one file: it may use its own styles and nothing else, whatever names it contains.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(history: History, revision: Revision, title: str) -> str:
    """HTML that needs neither network nor script."""
    report = verify(history, [revision])
    findings = [found.finding for found in report.found]
    trace = whole_trace(history, revision)
    style = (resources.files("kit") / "report" / "style.css").read_text(encoding="utf-8")
    head = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY, quote=True)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} at {escape(revision.name)}</title><style>\n{style}</style></head><body>\n"
    )
    return head + "\n".join(_body(history, revision, title, report, findings, trace)) + "\n</body></html>\n"


def _body(
    history: History,
    revision: Revision,
    title: str,
    report: AuditReport,
    findings: Sequence[AuditFinding],
    trace: Trace,
) -> Iterator[str]:
    yield f"<header><h1>{escape(title)}</h1><p>{_where(history, revision)}</p></header><main>"
    yield f"<h2>Verified</h2>{_findings(report)}"
    states = states_of(trace, findings)
    if trace.executions:
        yield f'<h2>Module graph</h2><div class="scroll">{svg(boxes(trace, states), edges(trace))}</div>'
    else:
        yield "<h2>Module graph</h2><p>No stage has run at this revision.</p>"
    base = line_of(history, revision, revision.name)
    if base.metrics:
        yield f"<h2>Metrics</h2>{_metrics(base)}"
    drawn = list(plots(history, revision))
    if drawn:
        yield f"<h2>Plots</h2>{''.join(drawn)}"
    lines, count = experiments(history)
    if lines:
        more = f"<p>{count - len(lines)} older experiments are not shown.</p>" if count > len(lines) else ""
        yield f"<h2>Experiments</h2>{table(base, lines)}{more}"
    yield "<h2>Stages</h2>"
    for raw in sorted(trace.raw, key=lambda node: node.artifact):
        yield raw_section(raw)
    for stage, node in trace.executions.items():
        about = [finding.message for finding in findings if concerns(finding, trace, stage)]
        yield stage_section(node, trace, states.get(stage, "good"), about)
    yield f"</main><footer><p><small>Made by `kit report`, kit {escape(__version__)}.</small></p></footer>"


def _where(history: History, revision: Revision) -> str:
    commit = revision.commit or history.commits.get(history.repository.head or "")
    if commit is None:
        return escape(revision.name)
    date = datetime.fromtimestamp(commit.time, UTC).strftime("%Y-%m-%d %H:%M UTC")
    names = ", ".join(history.names_of(commit.id)[:6])
    place = "working tree on " if revision.commit is None else ""
    return escape(f"{place}{names + ', ' if names else ''}{commit.id[:12]}, {date}: {commit.subject}")


def _findings(report: AuditReport) -> str:
    if not report.found:
        return f'<p class="clean">Nothing is wrong with the {report.executions} runs that this was made by.</p>'
    order = {level: number for number, level in enumerate(Severity)}
    ranked = sorted(report.found, key=lambda found: order[found.finding.level])
    items = (
        f'<li class="{found.finding.level}"><b>{found.finding.level}</b> <code>{escape(found.finding.place)}</code> '
        f"{escape(found.finding.message)}</li>"
        for found in ranked
    )
    return f'<ul class="findings">{"".join(items)}</ul>'


def _metrics(base: Line) -> str:
    rows = ""
    for name, value in base.metrics.items():
        file, _, key = name.partition(":")
        rows += f'<tr><th scope="row">{escape(key)} <small>{escape(file)}</small></th><td>{number(value, 6)}</td></tr>'
    return f'<table class="metrics">{rows}</table>'
