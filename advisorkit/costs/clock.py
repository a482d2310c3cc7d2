"""Time: how months, growth, adoption and discounting turn a monthly amount into one over the horizon.

Month t runs from 1 and its money counts at its end. Work grows by equal monthly factors from month 1 on, and use rises
in equal steps over the adoption months. Sums over the horizon are closed geometric sums; only a monthly staircase (whole
GPUs, a store's smallest bill) needs a loop over months.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

Profile = Literal["once", "calls", "tokens", "month", "work", "stairs"]
"""once: now; calls: with the system's use; tokens: the same at token prices, which may fall once; month: evenly; work: with
all the work there is; stairs: month by month."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How many discounted months of full use each profile is worth."""

    horizon: int
    """Months that are added up."""
    growth: Any
    """Monthly growth factor."""
    discount: Any
    """Monthly discount factor."""
    adoption: Any
    """Share in use at the end."""
    adoption_months: Any
    """Months until then, at least 1."""
    longest_ramp: float
    """The longest of them over all draws."""
    switch_month: int
    """Month from which a cheaper model does the work; 0 for never."""
    switch_share: Any
    """Its token prices as a share of today's."""
    months: Mapping[Profile, Any]
    """Discounted months of full use over the horizon; 1 for what is paid once."""

    @classmethod
    def of(cls, values: Mapping[str, Any], horizon: int, switch: int = 0) -> Clock:
        """The clock of one set of values over `horizon` months, token prices falling once in the month `switch` (0: never).

        Example:
            >>> plain = {"growth_per_year": 0.0, "discount_rate": 0.0, "adoption": 1.0, "adoption_months": 3.0,
            ...          "switch_price_share": 1.0}
            >>> float(Clock.of(plain, 12).months["calls"])  # 1/3 + 2/3 + ten full months
            11.0
        """
        growth, discount = np.log1p(values["growth_per_year"]) / 12, -np.log1p(values["discount_rate"]) / 12
        ramp, adoption = np.maximum(values["adoption_months"], 1.0), values["adoption"]
        share = values["switch_price_share"]
        work = _geometric(growth + discount, horizon) * np.exp(-growth)

        def use(until: int) -> Any:
            whole = _geometric(growth + discount, until) - _not_yet(growth + discount, ramp, until)
            return adoption * whole * np.exp(-growth)

        calls = use(horizon)
        tokens = calls if not 0 < switch <= horizon else calls - (1 - share) * (calls - use(switch - 1))
        months: dict[Profile, Any] = {
            "once": np.float64(1.0), "month": _geometric(discount, horizon), "work": work, "calls": calls, "tokens": tokens,
        }
        return cls(horizon, np.exp(growth), np.exp(discount), adoption, ramp, float(np.max(ramp)), switch, share, months)

    def token_price(self, month: int) -> Any:
        """Token prices of a month as a share of today's."""
        return self.switch_share if 0 < self.switch_month <= month else 1.0

    @property
    def most_use(self) -> Any:
        """Share of full use that no month exceeds."""
        return self.adoption * np.maximum(self.growth ** max(self.horizon - 1, 0), 1.0)

    def each_month(self) -> Iterator[tuple[int, Any, Any, Any]]:
        """Month, its discount factor, its share of all the work, its share of full use."""
        factor = work = np.asarray(self.growth).dtype.type(1.0)
        for month in range(1, self.horizon + 1):
            factor = factor * self.discount
            work = work * self.growth if month > 1 else work
            use = work * self.adoption
            if month < self.longest_ramp:
                use = use * np.minimum(month / self.adoption_months, 1.0)
            yield month, factor, work, use

    def first(self, draws: int, kind: type = np.float64) -> Clock:
        """The same clock for the first draws only, with numbers of `kind`."""
        drawn = ("growth", "discount", "adoption", "adoption_months", "switch_share")
        return replace(self, **{name: first(getattr(self, name), draws, kind) for name in drawn})


@dataclass(frozen=True, slots=True)
class Stairs:
    """A month's amount that is no straight line in its use: ``price · max(fixed + slope · use, floor)``, perhaps rounded up."""

    price: Any
    """Price of one unit."""
    fixed: Any
    """Units whatever the use."""
    slope: Any
    """Units at full use on top."""
    floor: Any
    """Units at least."""
    whole: bool
    """Whether units are rounded up."""

    def at(self, use: Any) -> Any:
        """Amount of a month at a share of full use."""
        return self.price * self.units(use)

    def units(self, use: Any) -> Any:
        """Units of a month at a share of full use."""
        units = np.maximum(self.fixed + self.slope * use, self.floor)
        return np.ceil(units) if self.whole else units

    def over(self, clock: Clock) -> Any:
        """Discounted sum over the horizon."""
        return sum((self.at(use) * factor for _, factor, _, use in clock.each_month()), np.float64(0.0))

    def first(self, draws: int) -> Stairs:
        """The same for the first draws only."""
        price, fixed, slope, floor = (first(x, draws) for x in (self.price, self.fixed, self.slope, self.floor))
        return Stairs(price, fixed, slope, floor, self.whole)


def first(values: Any, draws: int, kind: type = np.float64) -> Any:
    """The first draws of an array; a single number stays as it is."""
    return np.asarray(values[:draws] if np.ndim(values) else values, kind)


def _geometric(log: Any, terms: int) -> Any:
    """``ratio + ratio² + … + ratioⁿ`` from the ratio's logarithm, exact near a ratio of 1."""
    if np.all(log):
        return np.exp(log) * np.expm1(terms * log) / np.expm1(log)
    flat = log == 0
    return np.where(flat, float(terms), np.exp(log) * np.expm1(terms * log) / np.where(flat, 1.0, np.expm1(log)))


def _not_yet(log: Any, ramp: Any, horizon: int) -> Any:
    """What the ramp takes away: the sum of ``(1 − t/A) ratioᵗ`` over the months before full use."""
    last = min(horizon, int(np.ceil(np.max(ramp))) - 1)
    ratio, power, lost = np.exp(log), np.float64(1.0), np.float64(0.0)
    for month in range(1, last + 1):
        power = power * ratio
        lost = lost + np.maximum(1 - month / ramp, 0.0) * power
    return lost
