"""What the next rungs would bring over their price, as far as a pilot's failures tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.rules import Rules
from advisorkit.pilots.terms import Terms
from advisorkit.values.patterns import PatternId

_REMOVES: Mapping[PatternId, Mapping[PatternId, tuple[bool, bool]]] = {
    "prompt": {"rag": (True, False), "finetune": (False, True), "hybrid": (True, True)},
    "rag": {"hybrid": (False, True)},
    "finetune": {"hybrid": (True, False)},
    "hybrid": {},
}
"""For each piloted pattern, what it can be extended to and whether that adds retrieval and training."""


@dataclass(frozen=True, slots=True)
class NextRung:
    """One way up."""

    pattern: PatternId
    """Where it leads."""
    right: float
    """Expected share right there, 0 to 1."""
    gain: float | None
    """Expected money over the horizon against staying with what was piloted, price taken off; None without money."""
    worth: float | None
    """Expected money against not shipping anything, price taken off; None without money."""


def next_rungs(seen: Diagnosis, terms: Terms, rules: Rules) -> tuple[NextRung, ...]:
    """Every way up from the piloted pattern, simplest first; failures are expected to shrink as `Rules` say."""
    mendable, other = seen.mendable
    part = (mendable + 1) / (mendable + other + 2)
    right = terms.expected.updated(seen.right.hits, seen.right.n - seen.right.hits).mean
    by_search, by_training = seen.retrieval_effect(rules) * part, rules.training_effect * (1 - part)
    ways = _REMOVES[seen.pilot.pattern].items()
    after = {p: right + (1 - right) * (search * by_search + train * by_training) for p, (search, train) in ways}
    return tuple(NextRung(p, share, *_money(right, share, terms, p)) for p, share in after.items())


def _money(now: float, then: float, terms: Terms, pattern: PatternId) -> tuple[float | None, float | None]:
    price = terms.prices.get(pattern)
    if terms.stakes is None or price is None:
        return None, None
    return terms.stakes.swing * (then - now) - price, terms.stakes.swing * (then - terms.target) - price
