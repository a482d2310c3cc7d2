"""The advice in a client's words, made only from computed values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisorkit.criteria import Catalog
from advisorkit.evidence import Belief, GateHit
from advisorkit.patterns import PatternId

__all__ = ["Words", "say"]


@dataclass(frozen=True, slots=True)
class Words:
    """What a buyer reads, one tuple of sentences for each purpose."""

    headline: tuple[str, ...]
    """The conclusion."""
    summary: tuple[str, ...]
    """The paragraph below it."""
    why: tuple[str, ...]
    """The strongest reasons for it."""
    against: tuple[str, ...]
    """The strongest reasons against it."""
    not_recommended: tuple[str, ...]
    """What is not recommended, and why."""
    unknowns: tuple[str, ...]
    """What is not known."""


def say(
    catalog: Catalog,
    chances: Mapping[PatternId, float],
    recommended: PatternId,
    now: PatternId,
    belief: Belief,
    hits: Sequence[GateHit],
) -> Words:
    """The advice in plain sentences."""
    goal = catalog.patterns[recommended].long_name
    likely = "very likely" if chances[recommended] > 0.85 else "probably" if chances[recommended] >= 0.6 else "perhaps"
    start = f"Start with {catalog.patterns[now].long_name}, marked on real cases."
    ranked = sorted(belief.items, key=lambda item: -abs(item.retrieval) - abs(item.training))
    return Words(
        headline=(start, f"It will {likely} become {goal}.") if now != recommended else (start,),
        summary=(),
        why=tuple(item.label + "." for item in ranked[:3]),
        against=(),
        not_recommended=tuple(f"{catalog.patterns[p].name}: {hit.reason}" for hit in hits for p in hit.removes if hit.kind == "lasting"),
        unknowns=(),
    )
