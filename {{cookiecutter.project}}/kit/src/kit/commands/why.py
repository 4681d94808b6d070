"""`kit why A B`: why two results differ. `kit why STAGE`: why a stage would run."""

import json
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from kit.lineage import project_history, why
from kit.lineage.staleness.pending import Pending, StalenessChecker
from kit.report.comparison_text import cause_lines, comparison_lines


def main(arguments: Namespace) -> int:
    history = project_history()
    if arguments.b is None:
        pending = StalenessChecker(history).pending(arguments.a)
        answer, text = asdict(pending), pending_lines(pending)
    else:
        found = why(history, arguments.a, arguments.b, Path.cwd())
        answer, text = asdict(found) | {"level": found.level.words}, comparison_lines(found)
    print(json.dumps(answer, indent=2, default=str) if arguments.format == "json" else "\n".join(text))
    return 0


def pending_lines(pending: Pending) -> Iterator[str]:
    """What `dvc repro` would do with a stage."""
    if not pending.would_run:
        yield f"{pending.stage}: nothing changed; `dvc repro` skips it"
    else:
        how = "would be restored from the run cache" if pending.restorable and not pending.upstream else "would run"
        yield f"{pending.stage}: {how}"
    for cause in pending.causes:
        yield from cause_lines(cause)
    if pending.upstream:
        yield f"  after {', '.join(pending.upstream)}, which would run; skipped if that changes nothing"
    yield from (f"  warning: {warning}" for warning in pending.warnings)
