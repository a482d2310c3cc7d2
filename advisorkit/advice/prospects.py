"""How often each pattern will probably be right, held against the share right that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisorkit.costs.assumption import BASIS, completed
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.sampling import band
from advisorkit.values.patterns import PATTERNS, PatternId
from advisorkit.values.quantities import Band

DRAWS, SEED = 2**11, 20_261_129
"""Draws of the share right, and their seed."""


@dataclass(frozen=True, slots=True)
class Target:
    """The share right that is asked for."""

    share: float | None
    """0 to 1; above 1 when right answers can never pay for wrong ones; None when nobody asks for one."""
    source: Literal["pass_mark", "client", "break_even", "none"]
    """Agreed for a pilot, named by the client, or where right answers pay for wrong ones."""


@dataclass(frozen=True, slots=True)
class Prospects:
    """How often each pattern will probably be right, held against what is asked for."""

    target: Target
    """What is asked for."""
    expected_right: Mapping[PatternId, Band]
    """Share right by pattern, 0 to 1; empty when it is not known."""
    reach: Mapping[PatternId, float | None]
    """Chance that a pattern reaches the target, 0 to 1; None without one."""
    today: float | None
    """Share of today's work that is right, 0 to 1; None when nobody said."""
    today_measured: bool
    """Whether that was marked on the pilot's own cases."""


def prospects_of(inputs: Inputs, target: Target, *, today_measured: bool = False) -> Prospects:
    """What the error rates of the cost model, measured ones among them, hold out for each pattern.

    Args:
        inputs: Assumptions of one workflow.
        target: What is asked for.
        today_measured: Whether today's share right was marked on the pilot's own cases.
    """
    rates = {pattern: f"error_rate_{pattern}" for pattern in PATTERNS}
    spread = completed(inputs.draw(DRAWS, SEED, (*BASIS, *rates.values())))
    right = {pattern: 1 - np.broadcast_to(spread[rate], DRAWS) for pattern, rate in rates.items()}
    wanted, wrong = target.share, inputs.rows["error_rate_today"].range
    return Prospects(
        target,
        {pattern: band(shares) for pattern, shares in right.items()},
        {pattern: None if wanted is None else float(np.mean(shares >= wanted)) for pattern, shares in right.items()},
        None if wrong is None else 1 - wrong.likely,
        today_measured,
    )
