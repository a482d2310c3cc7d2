"""What a pilot is judged against: the share right that is needed, and what money hangs on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisorkit.costs.bill import Bill, bill
from advisorkit.costs.flows import Phase
from advisorkit.costs.inputs import Inputs
from advisorkit.pilots.intervals import Beta
from advisorkit.pilots.rules import Rules
from advisorkit.pilots.value import Stakes
from advisorkit.values.patterns import PATTERNS, PatternId
from advisorkit.values.quantities import Estimate

UNINFORMED = Beta(0.5, 0.5)
"""Belief about a share before anything is known (H. Jeffreys, 1946)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one pilot."""

    target: float
    """Share right, among answered cases, from which shipping is justified; above 1 when it can never pay."""
    source: Literal["pass_mark", "break_even", "usual"]
    """Where the target comes from: agreed before the pilot, worked out from money, or usual for such work."""
    stakes: Stakes | None = None
    """Money at stake; None when what a right or a wrong answer is worth is not known."""
    strict: bool = False
    """Whether errors are serious, so that the lower end of the interval must reach the target."""
    expected: Beta = UNINFORMED
    """Belief about the share right before the pilot."""
    prices: Mapping[PatternId, float] = field(default_factory=dict)
    """What each other pattern costs over the horizon beyond the piloted one, errors left out; empty when not known."""

    @property
    def never(self) -> bool:
        """Whether no share of right answers can pay."""
        return self.source != "pass_mark" and self.target >= 1


def terms_for(inputs: Inputs, rules: Rules, pass_mark: float | None = None, pattern: PatternId = "prompt") -> Terms:
    """The terms of a pilot of `pattern` for one workflow: a pass mark wins over money, money over what is usual."""
    whole = bill(inputs)
    stakes = stakes_of(inputs, whole, pattern)
    prices = _prices(whole, pattern)
    strict = "serious" in inputs.levels.get("error_tolerance", ())
    expected = _expected(inputs.rows[f"error_rate_{pattern}"].range)
    if pass_mark is not None:
        return Terms(pass_mark, "pass_mark", stakes, strict, expected, prices)
    if stakes is not None:
        return Terms(stakes.break_even, "break_even", stakes, strict, expected, prices)
    tolerance = inputs.levels.get("error_tolerance", ())
    usual = rules.pass_marks.get(tolerance[0] if len(tolerance) == 1 else "unknown", rules.pass_marks["unknown"])
    return Terms(usual, "usual", None, strict, expected)


def _expected(errors: Estimate | None) -> Beta:
    if errors is None or not 0 < errors.low < errors.high < 1:
        return UNINFORMED
    return Beta.between(1 - errors.high, 1 - errors.low)


def _prices(whole: Bill, pattern: PatternId) -> dict[PatternId, float]:
    totals = {other: whole.total(other, "build", "run", "change") for other in PATTERNS}
    base = totals.pop(pattern)
    return {} if base is None else {other: total - base for other, total in totals.items() if total is not None}


def stakes_of(inputs: Inputs, whole: Bill, pattern: PatternId = "prompt") -> Stakes | None:
    """Money at stake over the horizon at likely values, `whole` being the bill; None when not all of it is known.

    A wrong answer that a check finds costs nothing more; checking is paid for. Fixed cost is everything else that the
    pattern's bill holds but errors. Beyond the prompt a pilot needs the thing built, and
    what has been spent does not speak against going on: there it is running and keeping up alone.
    """
    values = {name: float(value) for name, value in inputs.likely().items()}
    gain, loss = _value_right(values), values["cost_wrong"] * (1 - values["review_share"] * values["review_catch"])
    items = values["calls_per_month"] / values["calls_per_item"]
    ahead: tuple[Phase, ...] = ("build", "run", "change") if pattern == "prompt" else ("run", "change")
    cases, fixed = _cases(whole, pattern, items), whole.total(pattern, *ahead)
    if any(map(math.isnan, (gain, loss, cases))) or fixed is None or cases <= 0 or gain + loss <= 0:
        return None
    checking = values["review_share"] * values["review_minutes"] / 60 * values["hourly_cost"]
    fixed += 0.0 if math.isnan(checking) else cases * checking
    return Stakes(gain, loss, cases, fixed, values["marking_minutes"] / 60 * values["hourly_cost"])


def _value_right(values: Mapping[str, float]) -> float:
    if not math.isnan(values["value_right"]):
        return values["value_right"]
    saved = values["minutes_saved"]
    if math.isnan(saved):
        saved = values["minutes_per_item"] * values["minutes_saved_share"]
    return saved / 60 * values["hourly_cost"]


def _cases(whole: Bill, pattern: PatternId, items: float) -> float:
    """Discounted items over the horizon: items a month, times the months of full use in which wrong answers are paid for."""
    line = next(line for line in whole.of(pattern) if line.unit == "wrong answers")
    return math.nan if line.months is None else items * line.months
