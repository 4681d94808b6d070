"""A comparison of results as text, line by line."""

from collections.abc import Iterator

from kit.lineage import Cause, Comparison, Divergence

SHOWN = 40  # causes of one divergence


def comparison_lines(found: Comparison) -> Iterator[str]:
    """The first divergence, the stages that differ because of it, and the verdict."""
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
    for cause in divergence.causes[:SHOWN]:
        yield from cause_lines(cause)
    if len(divergence.causes) > SHOWN:
        yield f"  … {len(divergence.causes) - SHOWN} more; `--format json` lists them all"


def cause_lines(cause: Cause) -> Iterator[str]:
    """A cause: its kind, its summary and its details."""
    yield f"  {cause.kind}: {cause.summary}"
    yield from (f"    {line}" for line in cause.detail)
