"""Flips: the smallest changes that change the destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisorkit.engagement import Answer
from advisorkit.evidence import Assessment, Belief, believe, best, closed_gates, corners
from advisorkit.patterns import PatternId

__all__ = ["Flip", "Pair", "WeightFlip", "flips"]


@dataclass(frozen=True, slots=True)
class Flip:
    """One answer changed, and where the work would then end up."""

    criterion: str
    """Criterion id."""
    before: str
    """The answer today as written; ``unknown`` when there is none."""
    after: str
    """Level that changes the destination."""
    recommended: PatternId
    """The destination then."""
    shares: Mapping[PatternId, float]
    """Chance of each pattern then."""


@dataclass(frozen=True, slots=True)
class WeightFlip:
    """The smallest change of one criterion's weight that changes the destination."""

    criterion: str
    """Criterion id."""
    factor: float
    """What its decibans would have to be multiplied by."""
    recommended: PatternId
    """The destination then."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers changed together that bring the runner-up to the front."""

    first: Flip
    """One change; alone it changes nothing."""
    second: Flip
    """The other, on top of the first."""


def flips(assessment: Assessment) -> tuple[Flip, ...]:
    """Every change of one answer to another level that changes the destination."""
    today = best(chances(assessment))
    found = []
    for name, criterion in assessment.catalog.criteria.items():
        for level in criterion.levels:
            changed = chances(assessment.with_answer(name, Answer(levels=(level.id,))))
            if best(changed) != today:
                before = assessment.answers.get(name)
                found.append(Flip(name, before.levels[0] if before and before.levels else "unknown", level.id, best(changed), changed))
    return tuple(found)


def chances(assessment: Assessment) -> dict[PatternId, float]:
    """Chance of each pattern under `assessment`."""
    belief: Belief = believe(assessment)
    return corners(belief, closed_gates(assessment.catalog, assessment.answers, assessment.facts))
