"""The two beliefs that answers support, as the product works them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from advisorkit.advice.belief import Assessment, Belief, delivered, odds
from advisorkit.advice.gates import Facts, GateHit, hits_of
from advisorkit.advice.whatif import Outlook
from advisorkit.values.criteria import PATTERNS, Catalog, PatternId
from advisorkit.values.engagement import Answer


def weigh(catalog: Catalog, answers: Mapping[str, Answer]) -> Belief:
    """Belief after `answers`; an absent one is unknown."""
    return believe(Assessment(catalog, answers))


def corners(belief: Belief, hits: Iterable[GateHit]) -> dict[PatternId, float]:
    """Chance of each pattern as the destination; what cannot be is removed and the rest adds up to 1.
    """
    chances = delivered(np.array([belief.retrieval, belief.training]), [odds(hits)])[0]
    return dict(zip(PATTERNS, chances.tolist(), strict=True))


def best(chances: Mapping[PatternId, float]) -> PatternId:
    """The likeliest pattern; a tie goes to the simpler one."""
    highest = max(chances.values())
    return next(pattern for pattern in PATTERNS if chances[pattern] >= highest - 1e-9)


def believe(assessment: Assessment) -> Belief:
    """Belief that an assessment supports."""
    return Outlook(assessment).belief


def closed_gates(catalog: Catalog, answers: Mapping[str, Answer], facts: Facts | None = None) -> tuple[GateHit, ...]:
    """Gates that hold, and lasting gates that an unknown answer may yet close."""
    return tuple(hit for gate in catalog.gates for hit in hits_of(gate, catalog, answers, facts))
