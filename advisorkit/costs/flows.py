"""What each column pays for: flows of money, for a single scenario or for many draws at once.

A flow is a quantity at a unit price, paid once or in every month of full use. Quantities and prices are NumPy numbers or
arrays of draws; NaN means not known and travels into every sum that needs it. Columns share flows: what RAG and the
hybrid pay alike is worked out once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from advisorkit.costs.assumption import completed, known
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.tokens import Request, requests
from advisorkit.files.texts import Texts
from advisorkit.values.criteria import PATTERNS, PatternId

Profile = Literal["once", "calls", "checked", "tokens", "month", "work", "stairs"]
"""once: now; calls: with the system's use; checked: with those of its answers that people check; tokens: with its use at
token prices, which may fall once; month: evenly; work: with all the work there is; stairs: month by month."""


Checks = tuple[tuple[int, Any], ...]
"""Share of answers that people check, each with the last month for which it holds; the last one holds to the end."""


Draws = int | NDArray[np.intp]
"""So many draws from the first on, or the places of some."""


_ALL_BUT_ENDED = -0.999_999
"""Least yearly growth of a draw: the far end of a range may pass below -1, where no work is left to shrink."""


@dataclass(frozen=True)
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
    later: Mapping[float, Any] = field(default_factory=dict)
    """Those left from an announced price's start, in months from now, until a cheaper model does the work."""
    checks: Checks = ()
    """Share of answers that people check."""

    @classmethod
    def of(cls, values: Mapping[str, Any], horizon: int, switch: int = 0, starts: Iterable[float] = (), checks: Checks = ()) -> Clock:
        """The clock of one set of values over `horizon` months, token prices falling once in the month `switch` (0: never).

        `starts` are the months from now at which announced prices begin, `checks` the share of answers that people check.

        Example:
            >>> plain = {"growth_per_year": 0.0, "discount_rate": 0.0, "adoption": 1.0, "adoption_months": 3.0,
            ...          "switch_price_share": 1.0}
            >>> float(Clock.of(plain, 12).months["calls"])  # 1/3 + 2/3 + ten full months
            11.0
        """
        (growth, discount), share = monthly_logs(values), values["switch_price_share"]
        ramp, adoption = np.maximum(values["adoption_months"], 1.0), values["adoption"]
        whole, first = cache(partial(_geometric, growth + discount)), np.exp(-growth)

        @cache
        def use(until: int) -> Any:
            return adoption * (whole(until) - _not_yet(growth + discount, ramp, until)) * first

        work, calls = whole(horizon) * first, use(horizon)
        tokens = calls if not 0 < switch <= horizon else calls - (1 - share) * (calls - use(switch - 1))
        last = min(horizon, switch - 1) if switch else horizon

        def later(start: float) -> Any:
            full = min(int(start), last)
            return use(last) - use(full) - (start - full) * (use(min(full + 1, last)) - use(full)) if full < last else np.float64(0.0)

        months: dict[Profile, Any] = {
            "once": np.float64(1.0), "month": _geometric(discount, horizon), "work": work, "calls": calls, "tokens": tokens,
            "checked": calls * checks[-1][1] if checks else calls,
        }
        for (last, before), (_, after) in pairwise(checks):
            months["checked"] = months["checked"] + (before - after) * use(min(last, horizon))
        return cls(
            horizon, np.exp(growth), np.exp(discount), adoption, ramp, float(np.max(ramp)), switch, share, months,
            {start: later(start) for start in starts}, checks,
        )

    def checked(self, month: int) -> Any:
        """Share of a month's answers that people check."""
        return next(share for last, share in self.checks if month <= last)

    def token_price(self, month: int) -> Any:
        """Token prices of a month as a share of today's."""
        return self.switch_share if 0 < self.switch_month <= month else 1.0

    def begun(self, start: float, month: int) -> float:
        """Share of a month in which a price holds that begins `start` months from now."""
        return 0.0 if 0 < self.switch_month <= month else min(max(month - start, 0.0), 1.0)

    @cached_property
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

    def first(self, draws: Draws, kind: type = np.float64) -> Clock:
        """The same clock for some draws only, with numbers of `kind`."""
        drawn = ("growth", "discount", "adoption", "adoption_months", "switch_share")
        checks = tuple((last, first(share, draws, kind)) for last, share in self.checks)
        return replace(self, checks=checks, **{name: first(getattr(self, name), draws, kind) for name in drawn})


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

    def by_month(self, clock: Clock) -> list[tuple[Any, Any, Any]]:
        """Each month's discounted money: whatever the use, by the use, and at least."""
        return [
            (self.price * self.fixed * factor, self.price * self.slope * use * factor, self.price * self.floor * factor)
            for _, factor, _, use in clock.each_month()
        ]

    def over(self, clock: Clock) -> Any:
        """Discounted sum over the horizon; draws that never leave the floor, mostly all but a few, take no month by itself."""
        rising = ~(self.fixed + self.slope * clock.most_use <= self.floor)  # what is not known rises
        if np.ndim(rising) != 1 or np.all(rising):
            return sum((self.at(use) * factor for _, factor, _, use in clock.each_month()), np.float64(0.0))
        least = replace(self, fixed=0.0, slope=0.0).at(0.0) * clock.months["month"]
        summed, some = np.full(rising.shape, least), np.flatnonzero(rising)
        summed[some] = self.first(some).over(clock.first(some))
        return summed

    def first(self, draws: Draws, kind: type = np.float64) -> Stairs:
        """The same for some draws only, with numbers of `kind`."""
        price, fixed, slope, floor = (first(x, draws, kind) for x in (self.price, self.fixed, self.slope, self.floor))
        return Stairs(price, fixed, slope, floor, self.whole)


def monthly_logs(values: Mapping[str, Any]) -> tuple[Any, Any]:
    """Logarithms of the monthly growth factor and of the monthly discount factor."""
    return np.log1p(np.maximum(values["growth_per_year"], _ALL_BUT_ENDED)) / 12, -np.log1p(values["discount_rate"]) / 12


def first(values: Any, draws: Draws, kind: type = np.float64) -> Any:
    """The first draws of an array, or those at given places; a single number stays as it is."""
    return np.asarray((values[:draws] if isinstance(draws, int) else values[draws]) if np.ndim(values) else values, kind)


def _geometric(log: Any, terms: int) -> Any:
    """``ratio + ratio² + … + ratioⁿ`` from the ratio's logarithm, exact near a ratio of 1."""
    if np.all(log):
        return np.exp(log) * np.expm1(terms * log) / np.expm1(log)
    flat = log == 0
    return np.where(flat, float(terms), np.exp(log) * np.expm1(terms * log) / np.where(flat, 1.0, np.expm1(log)))


def _not_yet(log: Any, ramp: Any, horizon: int) -> Any:
    """What the ramp takes away: the sum of ``(1 − t/A) ratioᵗ`` over the months before full use."""
    ratio, lost = np.exp(log), np.zeros(np.broadcast(log, ramp).shape)
    for month in range(min(horizon, int(np.ceil(np.max(ramp))) - 1), 0, -1):
        lost += np.maximum(ramp - month, 0.0)
        lost *= ratio
    return lost / ramp


Column = Literal["today", "prompt", "rag", "finetune", "hybrid", "buy"]
Phase = Literal["build", "run", "change", "error"]
Part = Literal["platform", "corpus", "workflow"]

TEXTS = Texts("costs")
"""Names of components and units by their ids, and what is said of break-evens."""
COLUMNS: tuple[Column, ...] = ("today", *PATTERNS, "buy")
"""Everything that is compared: the four patterns, what is done today, and a bought product."""


@dataclass(frozen=True)
class Flow:
    """One thing a column pays for."""

    component_id: str
    """What is paid for, such as ``gpu_rent``; its name stands in the texts."""
    phase: Phase
    """build, run, change (keeping up with the world) or error."""
    part: Part
    """platform and corpus are shared by name across workflows."""
    profile: Profile
    """How it spreads over time."""
    quantity: float
    """How many units, once or in a month of full use; NaN in a simulation, which keeps amounts alone."""
    unit_id: str
    """Unit of `quantity`, such as ``million_tokens``; its name stands in the texts."""
    price: float
    """Price of one unit; NaN in a simulation."""
    inputs: tuple[str, ...]
    """Assumptions behind it; the first one names its source."""
    amount: Any
    """Quantity times price: paid once, or in a month of full use."""
    months: Any
    """Discounted months of full use over the horizon; 1 for what is paid once and for ``stairs``."""
    stairs: Stairs | None = None
    """For profile ``stairs``: how a month's amount follows from its use."""
    summed: Callable[[], Any] | None = None
    """Works out the present value over the horizon where it is no plain product: profile ``stairs``, or prices that change."""
    later: tuple[tuple[float | Profile, Any], ...] = ()
    """Months from now, and what a month of full use costs more from then on; or another profile that is added."""

    @cached_property
    def known(self) -> bool:
        """Whether its total is known."""
        return known(self.amount) and known(self.total)

    @cached_property
    def total(self) -> Any:
        """Present value over the horizon."""
        if self.summed is not None:
            return self.summed()
        return self.amount if self.profile == "once" else self.amount * self.months


Flows = tuple[Flow, ...]
ONE = np.float64(1.0)


@dataclass(frozen=True, slots=True)
class Workings:
    """Values with what follows from them: requests, index, time."""

    inputs: Inputs
    """Where the values come from."""
    values: Mapping[str, Any]
    """Numbers or draws by assumption name."""
    requests: Mapping[PatternId, Request]
    """What one call of each pattern takes."""
    clock: Clock
    """Time under these values."""
    store_gb: Any
    """Size of the search index in GB."""
    calls: Any
    """Calls a month of full use, retries included."""
    items: Any
    """Items of work a month of full use."""
    later: tuple[tuple[float, Mapping[PatternId, Request]], ...] = ()
    """Months from now at which token prices change, and what one call takes from then on."""

    @property
    def embedding_price(self) -> float:
        """Price of 1M tokens turned into search keys."""
        return self.inputs.tokens("embedding_model").input

    def pays(
        self, component_id: str, phase: Phase, profile: Profile, quantity: Any, unit_id: str, price: Any, *inputs: str,
        part: Part = "workflow",
    ) -> Flow:
        """A flow whose amount and total follow from quantity, price and profile."""
        shown, months = (single(quantity), unit_id, single(price)), self.clock.months[profile]
        return Flow(component_id, phase, part, profile, *shown, inputs, quantity * price, months)


def scene(inputs: Inputs, values: Mapping[str, Any], clock: Clock | None = None, corpus: Any = None) -> Workings:
    """Work out requests, index and time from likely values or from draws.

    Args:
        inputs: Words and prices.
        values: Numbers or draws by assumption name.
        clock: Time, where it is not to follow from `values`.
        corpus: Whether the prompt carries all reference text, where that is not to follow from `inputs`.
    """
    v = completed(values)
    if np.any(v["languages"] > 1):
        times = 1 + (v["languages"] - 1) * v["language_cases_share"]
        v |= {name: v[name] * times for name in ("test_case_count", "labels_wanted")}
    size = index_gb(v["corpus_tokens"] / v["passage_tokens"], v["embedding_dimensions"], v["metadata_bytes"])
    later = tuple((months, requests(then, v, corpus)) for months, then in inputs.later)
    time = clock or Clock.of(v, inputs.months, inputs.whole("switch_month"), [months for months, _ in later], inputs.checks(v))
    calls = v["calls_per_month"] * v["calls_per_item"] * (1 + v["retry_share"])
    return Workings(inputs, v, requests(inputs, v, corpus), time, size, calls, v["calls_per_month"], later)


def index_gb(passages: Any, dimensions: Any, metadata_bytes: Any) -> Any:
    """Size of a search index in GB (10^9 bytes): four bytes a number, and what is kept beside each key.

    Example:
        >>> index_gb(500_000, 768, 500)
        1.786
    """
    return passages * (4 * dimensions + metadata_bytes) / 1e9


def read_units(gb: Any) -> Any:
    """Read units of one query: one for each GB searched, at least 0.25.

    Example:
        >>> float(read_units(0.1)), float(read_units(2.0))
        (0.25, 2.0)
    """
    return np.maximum(gb, 0.25)


def single(value: Any) -> Any:
    """A single number as it is; NaN for draws."""
    return math.nan if getattr(value, "size", 1) > 1 else value


def build_days(here: Workings) -> dict[PatternId, Any]:
    """Engineer days to build each pattern, systems to connect included."""
    v = here.values
    further = np.maximum(v["integration_count"] - 1, 0) * v["days_per_system"]
    rag, tune = v["build_days_rag"] * v["overrun"], v["build_days_finetune"] * v["overrun"]
    return {
        "prompt": v["build_days_prompt"] * v["overrun"] + further, "rag": rag + further, "finetune": tune + further,
        "hybrid": (rag + tune) * (1 + v["integration_share"]) + further,
    }
