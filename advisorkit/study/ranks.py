"""What a workflow is put in order by among others."""

from __future__ import annotations

from dataclasses import dataclass

from advisorkit.costs.inputs import Input
from advisorkit.costs.results import Figure


@dataclass(frozen=True, slots=True)
class Rank:
    """What a workflow is put in order by among others."""

    gain: float | None
    """Gain of the destination against today over the horizon, at likely values; None where it is not known."""
    assumed: bool
    """Whether it holds a plan of checking that nobody has agreed to."""
    ask: tuple[Input, ...] = ()
    """What has to be asked for before it has a gain."""
    range: Figure | None = None
    """The gain with its range."""
    chance: float | None = None
    """Chance that there is one."""
    staged: float | None = None
    """What it gains on average where the work stops at a missed mark."""
