"""`kit why A B`: why two results differ. `kit why STAGE`: why a stage would run."""

import json
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from kit.lineage.causes import Cause
from kit.lineage.comparison import Comparison, Divergence
from kit.lineage.location import project_history
from kit.lineage.pending import Pending, Plans
from kit.lineage.why import why


def main(arguments: Namespace) -> int:
    history = project_history()
    if arguments.b is None:
        pending = Plans(history).pending(arguments.a)
        answer, text = asdict(pending), pending_lines(pending)
    else:
        found = why(history, arguments.a, arguments.b, Path.cwd())
        answer, text = asdict(found) | {"level": found.level.words}, lines(found)
    print(json.dumps(answer, indent=2, default=str) if arguments.format == "json" else "\n".join(text))
    return 0


def lines(found: Comparison) -> Iterator[str]:
    """The first divergence, what followed, and the verdict."""
    left, right = found.names
    first = found.first
    if first is None:
        yield f"{left} and {right}: nothing that decides a result differs"
    else:
        yield f"first divergence: {_named(first)}"
        yield from _causes(first)
    for other in found.divergences:
        if other is not first:
            yield f"also differs: {_named(other)}{'' if other.effect else ', without effect'}"
            yield from _causes(other)
    if found.followed:
        yield f"followed: {', '.join(found.followed)}"
    if found.absorbed:
        yield f"read other bytes and made the same: {', '.join(found.absorbed)}"
    yield f"verdict: {found.level.words}"
    for verdict in found.verdicts:
        yield f"  {verdict.path}: {verdict.level.words}{f' ({verdict.detail})' if verdict.detail else ''}"


def _named(divergence: Divergence) -> str:
    return f"stage {divergence.stage}" if divergence.stage else "the makers"


def _causes(divergence: Divergence) -> Iterator[str]:
    for cause in divergence.causes:
        yield from _cause(cause)


def _cause(cause: Cause) -> Iterator[str]:
    yield f"  {cause.kind}: {cause.summary}"
    yield from (f"    {line}" for line in cause.detail)


def pending_lines(pending: Pending) -> Iterator[str]:
    """What `dvc repro` would do with a stage."""
    if not pending.would_run:
        yield f"{pending.stage}: nothing changed; `dvc repro` skips it"
    else:
        how = "would be restored from the run cache" if pending.restorable and not pending.upstream else "would run"
        yield f"{pending.stage}: {how}"
    for cause in pending.causes:
        yield from _cause(cause)
    if pending.upstream:
        yield f"  after {', '.join(pending.upstream)}, which would run; skipped if that changes nothing"
    yield from (f"  warning: {warning}" for warning in pending.warnings)
