"""What a pilot is worth in money: break-even accuracy, and the value of knowing more before deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from advisorkit.pilots.intervals import Beta


@dataclass(frozen=True, slots=True)
class Stakes:
    """What right and wrong answers are worth over the time for which the decision holds.

    Example:
        >>> openai = Stakes(value_right=20, cost_wrong=0.95 * 40 + 0.05 * 1000, cases=12_000)
        >>> round(openai.break_even, 4)
        0.8148
    """

    value_right: float
    """Money gained by one right answer."""
    cost_wrong: float
    """Money lost by one wrong answer, a positive number."""
    cases: float
    """Cases over that time."""
    fixed_cost: float = 0.0
    """Money that shipping costs over that time whatever the quality: build and fixed running costs."""
    marking_cost: float = 0.0
    """Money that marking one case costs."""

    @property
    def break_even(self) -> float:
        """Share right at which shipping neither gains nor loses: ``(L + F/N) / (L + G)``; above 1 it can never pay.

        Source: the worked table in OpenAI's guide "Optimizing LLM accuracy", with fixed cost added.
        """
        return (self.cost_wrong + self.fixed_cost / self.cases) / (self.cost_wrong + self.value_right)

    @property
    def swing(self) -> float:
        """Money between every answer wrong and every answer right."""
        return self.cases * (self.cost_wrong + self.value_right)

    def worth(self, quality: Beta, target: float | None = None) -> float:
        """Expected money gained by shipping, against `target` or else the break-even."""
        return self.swing * (quality.mean - (self.break_even if target is None else target))


@dataclass(frozen=True, slots=True)
class PilotSize:
    """One size of pilot and what it would bring."""

    n: int
    """Cases to mark."""
    value: float
    """Expected gain of deciding after the pilot instead of now, in money."""
    cost: float
    """Cost of marking, in money."""

    @property
    def net(self) -> float:
        """Value less cost, in money."""
        return self.value - self.cost


def evpi(quality: Beta, stakes: Stakes, target: float | None = None) -> float:
    """Expected value of perfect information, in money: the most that any test can be worth.

    Example:
        >>> stakes = Stakes(20, 88, 12_000, fixed_cost=30_000)
        >>> round(evpi(Beta.between(0.75, 0.92), stakes), -3)
        24000.0
    """
    bound = stakes.break_even if target is None else target
    return stakes.swing * quality.excess(bound) - max(0.0, stakes.worth(quality, bound))


def evsi(quality: Beta, stakes: Stakes, n: int, target: float | None = None) -> float:
    """Expected value of marking `n` more cases before deciding, in money; closed form, no simulation.

    Example:
        >>> stakes = Stakes(20, 88, 12_000, fixed_cost=30_000)
        >>> evsi(Beta.between(0.75, 0.92), stakes, 0)
        0.0
    """
    bound = stakes.break_even if target is None else target
    hits = np.arange(n + 1)
    ways = -np.log1p(n) - betaln(n - hits + 1, hits + 1)
    chance = np.exp(ways + betaln(hits + quality.a, n - hits + quality.b) - betaln(quality.a, quality.b))
    means = (quality.a + hits) / (quality.a + quality.b + n)
    informed = float(chance @ np.maximum(means - bound, 0.0))
    return max(0.0, stakes.swing * (informed - max(0.0, quality.mean - bound)))


def sizes_valued(
    quality: Beta, stakes: Stakes, sizes: Sequence[int], target: float | None = None,
) -> tuple[PilotSize, ...]:
    """Every size with its value and cost."""
    return tuple(PilotSize(n, evsi(quality, stakes, n, target), n * stakes.marking_cost) for n in sizes)


def best_size(valued: Sequence[PilotSize]) -> PilotSize | None:
    """The size that brings most after its cost; None when none is worth its cost."""
    best = max(valued, key=lambda size: (size.net, -size.n), default=None)
    return best if best and best.net > 0 else None
