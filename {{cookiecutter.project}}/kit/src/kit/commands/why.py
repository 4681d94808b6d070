"""`kit why A B`: why two results differ. `kit why STAGE`: why a stage would run."""

import json
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from kit.lineage import Staleness, StalenessChecker, project_history, why
from kit.report.comparison_text import cause_lines, comparison_lines


def main(arguments: Namespace) -> int:
    history = project_history()
    if arguments.b is None:
        found = StalenessChecker(history).of(arguments.a)
        answer, text = asdict(found) | {"would_run": found.would_run}, staleness_lines(found)
    else:
        comparison = why(history, arguments.a, arguments.b, Path.cwd())
        answer, text = asdict(comparison) | {"level": comparison.level.words}, comparison_lines(comparison)
    print(json.dumps(answer, indent=2, default=str) if arguments.format == "json" else "\n".join(text))
    return 0


def staleness_lines(found: Staleness) -> Iterator[str]:
    """What `dvc repro` would do with a stage."""
    yield f"{found.stage}: {_outcome(found)}"
    for cause in found.causes:
        yield from cause_lines(cause)
    if found.upstream:
        yield f"  after {', '.join(found.upstream)}, which would run; skipped if that changes nothing"
    yield from (f"  warning: {warning}" for warning in found.warnings)


def _outcome(found: Staleness) -> str:
    if found.frozen:
        changed = "what changed since it ran:" if found.causes else "nothing changed"
        return f"frozen, so `dvc repro` does not run it until `dvc unfreeze {found.stage}`; {changed}"
    if found.checkout:
        return "would not run; `dvc repro` brings its results back from DVC's cache"
    if not found.would_run:
        return "nothing changed; `dvc repro` skips it"
    if found.restorable and not found.upstream:
        return "would be restored from the run cache"
    return "would run, as it does each time" if found.always and not found.causes else "would run"
