"""The outcome of a comparison of two results."""

from dataclasses import dataclass

from kit.lineage.compare.causes import Cause
from kit.lineage.compare.verdict import Agreement, Verdict


@dataclass(frozen=True)
class Divergence:
    """A stage that differs for a reason of its own, not because of its inputs; `effect`: whether its results differ."""

    stage: str
    causes: tuple[Cause, ...]
    effect: bool


@dataclass(frozen=True)
class Comparison:
    """Two revisions, or the lineages of two files.

    `divergences` are in the order of the pipeline. `followed` are the stages whose results differ only because those of
    others do; `absorbed` read something different and made the same. `verdicts` compare the final results.
    """

    names: tuple[str, str]
    divergences: tuple[Divergence, ...]
    followed: tuple[str, ...]
    absorbed: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    level: Agreement

    @property
    def first(self) -> Divergence | None:
        """The first divergence that changed a result; if none did, the first of all."""
        effective = (divergence for divergence in self.divergences if divergence.effect)
        return next(effective, next(iter(self.divergences), None))
