"""What a pilot is judged against, and what it is worth: share right that is needed, money at stake, value of knowing more."""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.special import betaln

from advisorkit.costs.assumption import completed
from advisorkit.costs.bill import Bill, bill
from advisorkit.costs.flows import Phase, scene
from advisorkit.costs.inputs import DAYS_PER_MONTH, Inputs
from advisorkit.pilots.tally import Beta
from advisorkit.values.criteria import PATTERNS, PatternId, Rules


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
    """Money lost by one wrong answer, less what it saves all the same."""
    cases: float
    """Cases over that time."""
    fixed_cost: float = 0.0
    """Money that shipping costs over that time whatever the quality: build and fixed running costs, less what wrong answers of today would have cost, where right ones count against today."""
    marking_cost: float = 0.0
    """Money that marking one case costs, with its share of second marks."""

    @property
    def break_even(self) -> float:
        """Share right at which shipping neither gains nor loses: ``(L + F/N) / (L + G)``; above 1 it can never pay, at 0 it always does.

        Source: the worked table in OpenAI's guide "Optimizing LLM accuracy", with fixed cost added.
        """
        return max(0.0, (self.cost_wrong + self.fixed_cost / self.cases) / (self.cost_wrong + self.value_right))

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
    return max(0.0, stakes.swing * quality.excess(bound) - max(0.0, stakes.worth(quality, bound)))


def evsi(quality: Beta, stakes: Stakes, n: int, target: float | None = None) -> float:
    """Expected value of marking `n` more cases before deciding, in money, never more than knowing for sure; closed form, no simulation.

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
    return min(max(0.0, stakes.swing * (informed - max(0.0, quality.mean - bound))), evpi(quality, stakes, bound))


def sizes_valued(quality: Beta, stakes: Stakes, sizes: Sequence[int], target: float | None = None) -> tuple[PilotSize, ...]:
    """Every size with its value and cost."""
    return tuple(PilotSize(n, evsi(quality, stakes, n, target), n * stakes.marking_cost) for n in sizes)


def best_size(valued: Sequence[PilotSize]) -> PilotSize | None:
    """The size that brings most after its cost; None when none is worth its cost."""
    best = max(valued, key=lambda size: (size.net, -size.n), default=None)
    return best if best and best.net > 0 else None


def worth_marking(quality: Beta, stakes: Stakes, rules: Rules, target: float, most: int, least: int) -> PilotSize | None:
    """The smallest size from `least` to `most` that brings nearly all that any such size brings after its cost; None when none is worth its cost."""
    tried = sizes_valued(quality, stakes, range(least, most + 1, STEP) or (most,), target)
    best = best_size(tried)
    return best and next(size for size in tried if size.net >= rules.worth_share * best.net)


STEP = 10
"""Cases by which sizes of pilots differ where they are looked for."""
UNINFORMED = Beta(0.5, 0.5)
"""Belief about a share before anything is known (H. Jeffreys, 1946)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one pilot."""

    target: float
    """Share right, among answered cases, from which shipping is justified; above 1 when it can never pay."""
    source: Literal["pass_mark", "client", "break_even", "usual"]
    """Where the target comes from: agreed before the pilot, named by the client, worked out from money, or usual for such work."""
    stakes: Stakes | None = None
    """Money at stake; None when what a right or a wrong answer is worth is not known."""
    strict: bool = False
    """Whether errors are serious, so that the lower end of the interval must reach the target."""
    expected: Beta = UNINFORMED
    """Belief about the share right before the pilot."""
    prices: Mapping[PatternId, float] = field(default_factory=dict)
    """What each other pattern costs over the horizon beyond the piloted one, errors left out; empty when not known."""
    most: int = 400
    """Most cases that there are to mark and that are worth marking at all."""

    @property
    def never(self) -> bool:
        """Whether no share of right answers can pay, whatever share was agreed or asked for."""
        return self.stakes is not None and self.stakes.break_even >= 1


def terms_for(
    inputs: Inputs, rules: Rules, pass_mark: float | None = None, pattern: PatternId = "prompt", wanted: float | None = None
) -> Terms:
    """The terms of a pilot of `pattern` for one workflow.

    A pass mark wins over the share that the client has `wanted`, that over money, and money over what is usual, unless money asks for no share at all.
    Where nobody has said who checks answers, the usual plan of checking stands in.
    """
    whole = bill(inputs := inputs.usually_checked)
    stakes = stakes_of(inputs, whole, rules, pattern)
    prices = _prices(whole, pattern)
    strict = "serious" in inputs.levels("error_tolerance")
    expected, most = expected_of(inputs, pattern), min(rules.most_cases, max(rules.least_cases, _items(inputs)))
    if pass_mark is not None or wanted is not None:
        return Terms(pass_mark or wanted or 0.0, "client" if pass_mark is None else "pass_mark", stakes, strict, expected, prices, most)
    if stakes is not None and stakes.break_even > 0:
        return Terms(stakes.break_even, "break_even", stakes, strict, expected, prices, most)
    tolerance = inputs.levels("error_tolerance")
    usual = rules.pass_marks.get(tolerance[0] if len(tolerance) == 1 else "unknown", rules.pass_marks["unknown"])
    return Terms(usual, "usual", stakes, strict, expected, prices if stakes else {}, most)


def _items(inputs: Inputs) -> int:
    """Items that come in until the deadline, or within a month where there is none, or real cases in hand where those are more; no bound where their number is not known."""
    told = {name: one.amount.likely for name in ("deadline_weeks", "test_cases") if (one := inputs.answers.get(name)) and one.amount}
    months, monthly = told["deadline_weeks"] * 7 / DAYS_PER_MONTH if "deadline_weeks" in told else 1.0, inputs.likely()["calls_per_month"]
    return sys.maxsize if math.isnan(monthly) else math.floor(max(told.get("test_cases", 0.0), min(1e9, float(monthly) * months)))


def expected_of(inputs: Inputs, pattern: PatternId) -> Beta:
    """Belief about the share right of `pattern` before its pilot."""
    errors = inputs.rows[f"error_rate_{pattern}"].range
    if errors is None or not 0 < errors.low < errors.high < 1:
        return UNINFORMED
    return Beta.between(1 - errors.high, 1 - errors.low)


def _prices(whole: Bill, pattern: PatternId) -> dict[PatternId, float]:
    totals = {other: whole.total(other, "build", "run", "change") for other in PATTERNS}
    base = totals.pop(pattern)
    return {} if base is None else {other: total - base for other, total in totals.items() if total is not None}


def stakes_of(inputs: Inputs, whole: Bill, rules: Rules, pattern: PatternId = "prompt") -> Stakes | None:
    """Money at stake over the horizon at likely values, `whole` being the bill; None when not all of it is known.

    Only what the system takes counts. A right answer counts at the value that somebody named; where nobody did, or it could never pay at that, as the money table counts
    against today, minutes saved on every answer and the wrong ones of today that end, so that at the break-even its gain is nought:
    how many are wrong today has to be known for that, or it would ask for too much.
    A wrong answer that a check finds costs nothing more; checking is paid for. Fixed cost is
    everything that the pattern's bill holds but wrong answers. Beyond the prompt a pilot needs the thing built, and
    what has been spent does not speak against going on: there it is running and keeping up alone.
    """
    values = {name: float(value) for name, value in inputs.likely().items()}
    gain, saved, (cases, loss) = values["value_right"], _saved(values), _at_stake(inputs, values)
    ahead: tuple[Phase, ...] = ("build", "run", "change") if pattern == "prompt" != inputs.workflow.used else ("run", "change")
    fixed = whole.total(pattern, *ahead)
    if math.isnan(loss) or math.isnan(cases) or fixed is None or cases <= 0:
        return None
    fixed += whole.line(pattern, "checking").amount or 0.0
    marking = (1 + rules.double_marked) * _marking_minutes(inputs, values) / 60 * values["hourly_cost"]
    named = Stakes(gain, loss, cases, fixed, marking) if gain > 0 and gain + loss > 0 else None
    if (named and named.break_even <= 1) or loss <= 0 or math.isnan(saved):
        return named
    if math.isnan(wrong := values["error_rate_today"]):
        return None
    against = Stakes(saved, loss - saved, cases, fixed - cases * wrong * values["cost_wrong"], marking)
    return against if named is None or against.break_even <= 1 else named


def _at_stake(inputs: Inputs, values: Mapping[str, float]) -> tuple[float, float]:
    """Answers over the horizon, and money lost by a wrong one of them, less what is found by a check."""
    months = scene(inputs, inputs.likely()).clock.months
    used, checked = float(months["calls"]), float(months["checked"])
    loss = values["cost_wrong"] * (1 - (checked / used if used else math.nan) * values["review_catch"])
    return values["calls_per_month"] * values["share_taken"] * used, loss


def even_at(inputs: Inputs, pattern: PatternId, gain: float) -> float | None:
    """Share right at which `pattern`, which gains so much at likely values, would gain nothing against today; above 1 it never does, at 0 and below always."""
    values = completed({name: float(value) for name, value in inputs.likely().items()})
    cases, loss = _at_stake(inputs, values)
    return 1 - values[f"error_rate_{pattern}"] - gain / (cases * loss) if cases * loss > 0 else None


READING = 1 / 3
"""Share of the minutes that an item takes which it takes to mark an answer to it, our judgement, where nobody measured it."""


def _marking_minutes(inputs: Inputs, values: Mapping[str, float]) -> float:
    told, item = values["marking_minutes"], values["minutes_per_item"]
    return told if inputs.rows["marking_minutes"].known or math.isnan(item) else max(told, READING * item)


def _saved(values: Mapping[str, float]) -> float:
    """Money of the minutes that an answer saves."""
    saved = values["minutes_saved"]
    if math.isnan(saved):
        saved = values["minutes_per_item"] * values["minutes_saved_share"]
    return saved / 60 * values["hourly_cost"]
