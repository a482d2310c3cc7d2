"""What the failures say of the two needs: a Beta belief about how often it fails, another about why.

With `q` the share that fails, `s` the part of the failures that the right text mends and `t` the share that may fail,
retrieval is needed when ``q > t`` and either most failures are of that kind (``s >= 1/2``) or training alone leaves
more than `t` and the kind is substantial. Training is needed in the mirror image. Decibans are the shift of log odds
from equal beliefs before to the beliefs after the pilot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv

from advisorkit.pilots.intervals import Beta
from advisorkit.pilots.rules import Rules

_Array = NDArray[np.float64]
_STEPS = 400
_BLANK = Beta(1, 1)


@dataclass(frozen=True, slots=True)
class Failing:
    """How often it fails and why, as counts."""

    right: float
    """Cases answered right."""
    wrong: float
    """Cases answered wrong."""
    mended: float
    """Failures that the right text mends, or is expected to."""
    other: float
    """Failures that it does not mend; unclear ones are in neither."""
    retrieval_effect: float
    """Share of the mendable failures that a search would remove, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Chances, each 0 to 1."""

    retrieval: float
    """That retrieval is needed."""
    training: float
    """That training is needed."""
    too_many: float
    """That more fails than may."""
    retrieval_suffices: float
    """That retrieval alone brings failures down to what may fail."""
    training_suffices: float
    """That training alone does."""

    @classmethod
    def of(cls, seen: Failing, tolerated: float, rules: Rules) -> Needs:
        """The chances after these counts when a share `tolerated` may fail."""
        often, why = _BLANK.updated(seen.wrong, seen.right), _BLANK.updated(seen.mended, seen.other)
        return _chances(often, why, tolerated, seen.retrieval_effect, rules)


def _chances(often: Beta, why: Beta, tolerated: float, effect: float, rules: Rules) -> Needs:
    too_many = often.above(tolerated)
    start = 1 - too_many
    points = start + too_many * (np.arange(_STEPS) + 0.5) / _STEPS
    failing = np.clip(betaincinv(often.a, often.b, points), tolerated, 1.0)
    short = 1 - tolerated / np.maximum(failing, 1e-12)
    by_search, by_training = short / max(effect, 1e-9), 1 - short / max(rules.training_effect, 1e-9)
    cap = np.maximum(0.5, np.minimum(1 - rules.substantial, by_search))
    floor = np.minimum(0.5, np.maximum(rules.substantial, by_training))
    return Needs(
        retrieval=too_many * float(np.mean(1 - _below(why, floor))),
        training=too_many * float(np.mean(_below(why, cap))),
        too_many=too_many,
        retrieval_suffices=start + too_many * float(np.mean(1 - _below(why, by_search))),
        training_suffices=start + too_many * float(np.mean(_below(why, by_training))),
    )


def _below(belief: Beta, bounds: _Array) -> _Array:
    return np.asarray(betainc(belief.a, belief.b, np.clip(bounds, 0.0, 1.0)), dtype=np.float64)


def decibans(seen: Failing, tolerated: float, rules: Rules) -> tuple[float, float]:
    """Evidence for needing retrieval and for needing training, in decibans, at most `Rules.evidence_cap` either way."""
    after = Needs.of(seen, tolerated, rules)
    before = Needs.of(Failing(0, 0, 0, 0, seen.retrieval_effect), tolerated, rules)
    return (
        _shift(before.retrieval, after.retrieval, rules.evidence_cap),
        _shift(before.training, after.training, rules.evidence_cap),
    )


def _shift(before: float, after: float, cap: float) -> float:
    return min(max(_odds(after) - _odds(before), -cap), cap)


def _odds(chance: float) -> float:
    chance = min(max(chance, 1e-12), 1 - 1e-12)
    return 10 * math.log10(chance / (1 - chance))
