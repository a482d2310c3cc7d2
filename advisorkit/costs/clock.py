"""Time: how months, growth, adoption and discounting turn a monthly amount into one over the horizon.

Month t runs from 1. Its money counts at its end. Work grows by the yearly rate in equal monthly factors from month 1 on,
and use rises over the adoption months. Whole-horizon sums are closed geometric sums; only a monthly staircase (whole
GPUs, a store's smallest bill) needs a loop over months.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisorkit.costs.sampling import Array

__all__ = ["Clock", "Profile"]

Profile = Literal["once", "calls", "month", "work", "stairs"]
"""once: now; calls: with the system's use; month: evenly; work: with all the work there is; stairs: worked out month by month."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Discounted months of each profile."""

    growth: Array
    """Monthly growth factor."""
    discount: Array
    """Monthly discount factor."""
    adoption: Array
    """Share in use at the end."""
    adoption_months: Array
    """Months until then."""

    @classmethod
    def of(cls, values: Mapping[str, Array]) -> Clock:
        """The clock of one set of values."""
        return cls(
            (1 + values["growth_per_year"]) ** (1 / 12), (1 + values["discount_rate"]) ** (-1 / 12),
            values["adoption"], np.maximum(values["adoption_months"], 1.0),
        )

    def months(self, profile: Profile, until: int) -> Array:
        """Discounted months of full use from month 1 to `until`; 1 for what is paid once.

        Raises:
            ValueError: For ``stairs``, which have no closed sum.
        """
        match profile:
            case "once":
                return np.float64(1.0)  # type: ignore[return-value]
            case "month":
                return _geometric(self.discount, until)
            case "work":
                return _geometric(self.discount * self.growth, until) / self.growth
            case "calls":
                return self.adoption * (self.months("work", until) - self._not_yet(until))
        raise ValueError("stairs have no closed sum")

    def _not_yet(self, until: int) -> Array:
        """What is lost to the ramp: the sum of ``(1 − t/A) qᵗ / g`` over the months before full use."""
        last = min(until, int(np.ceil(np.max(self.adoption_months))) - 1)
        factor, lost = self.discount * self.growth, np.float64(0.0)
        power = np.ones_like(factor)
        for month in range(1, last + 1):
            power = power * factor
            lost = lost + np.maximum(1 - month / self.adoption_months, 0.0) * power
        return lost / self.growth  # type: ignore[return-value]

    def use(self, month: int) -> Array:
        """Use of the system in one month against its full use at today's volume."""
        return self.adoption * np.minimum(month / self.adoption_months, 1.0) * self.growth ** (month - 1)

    def stairs(self, monthly: Callable[[Array], Array], until: int) -> Array:
        """Discounted sum of an amount that depends on each month's use."""
        total, factor = np.float64(0.0), np.float64(1.0)
        for month in range(1, until + 1):
            factor = factor * self.discount  # type: ignore[assignment]
            total = total + monthly(self.use(month)) * factor  # type: ignore[assignment]
        return total  # type: ignore[return-value]


def _geometric(ratio: Array, terms: int) -> Array:
    """``ratio + ratio² + … + ratioⁿ``, exact near a ratio of 1."""
    log = np.log(ratio)
    flat = np.abs(log) < 1e-12
    return np.where(flat, float(terms), ratio * np.expm1(terms * log) / np.where(flat, 1.0, np.expm1(log)))
