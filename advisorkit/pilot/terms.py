"""What a pilot is judged against: the share right that is needed, and what money hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from advisorkit.pilot.intervals import Beta
from advisorkit.pilot.value import Stakes

__all__ = ["UNINFORMED", "Terms"]

UNINFORMED = Beta(0.5, 0.5)
"""Belief about a share before anything is known (H. Jeffreys, 1946)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one pilot."""

    target: float
    """Share right, among answered cases, from which shipping is justified, 0 to 1."""
    source: Literal["pass_mark", "break_even", "usual"]
    """Where the target comes from: agreed before the pilot, worked out from money, or usual for such work."""
    stakes: Stakes | None = None
    """Money at stake; None when what a right or a wrong answer is worth is not known."""
    strict: bool = False
    """Whether errors are serious, so that the lower end of the interval must reach the target."""
    expected: Beta = UNINFORMED
    """Belief about the share right before the pilot."""
