"""What to do now, given where the work will probably end up and what holds it back."""

from __future__ import annotations

from collections.abc import Iterable

from advisorkit.advice.belief import removed
from advisorkit.advice.gates import GateHit
from advisorkit.values.patterns import PATTERNS, PatternId

PILOT = "prompt_pilot"
"""The criterion whose gate makes the first step a marked pilot."""


def waiting(hits: Iterable[GateHit]) -> frozenset[PatternId]:
    """Patterns that for-now gates hold back.

    The pilot gate lets the simplest pattern through that lasting gates leave: where a prompt alone is ruled out,
    the pilot uses retrieved text.
    """
    hits = tuple(hits)
    simplest = next(pattern for pattern in PATTERNS if pattern not in removed(hits))
    held = [(hit.criterion, pattern) for hit in hits if hit.kind == "for_now" for pattern in hit.removes]
    return frozenset(pattern for criterion, pattern in held if criterion != PILOT or pattern != simplest)


def step_for_now(goal: PatternId, retrieval: float, training: float, hits: Iterable[GateHit]) -> PatternId:
    """The pattern to work on today: the destination, or the highest rung below it that nothing holds back.

    When everything is held back it is the simplest pattern that lasting gates leave, to be taken up first.

    Args:
        goal: The destination.
        retrieval: Chance that the work needs retrieval, 0 to 1.
        training: Chance that the work needs training, 0 to 1.
        hits: Gates that hold.

    Example:
        >>> step_for_now("rag", 0.9, 0.1, ())
        'rag'
    """
    hits = tuple(hits)
    gone = removed(hits)
    held = waiting(hits) | gone
    layers: tuple[PatternId, ...] = ("rag", "finetune") if retrieval >= training else ("finetune", "rag")
    rungs: tuple[PatternId, ...] = ("hybrid", *layers, "prompt") if goal == "hybrid" else (goal, "prompt")
    left = (pattern for pattern in PATTERNS if pattern not in gone)
    return next((pattern for pattern in rungs if pattern not in held), next(left))
