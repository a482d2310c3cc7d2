"""The money table: what every way of working costs, part by part on one basis, and what it gains against today.

A bought product, at its cheapest quote, is one of the ways.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from advisorkit.costs.assumption import known
from advisorkit.costs.columns import columns
from advisorkit.costs.curves import Course, course, curves, followed, paybacks
from advisorkit.costs.flows import COLUMNS, TEXTS, Column, Flow, Workings, first, scene
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.results import PARTS, CostCurve, Figure, MoneyRow, PaidBack, Part, Payback, SoFar, Year
from advisorkit.values.messages import EngagementError, Fault
from advisorkit.values.prices import Quote, holds
from advisorkit.values.quantities import Band, Estimate, day

SUMS = ("outside", "staff", "all_in", "gain", "gain_cash", "gain_all_checked")
"""What is worked out from them."""
Paid = Mapping[Column, Sequence[Flow]]

THOUSANDS = 10_000
"""Amounts of a table are printed in thousands when what today or the advised pattern costs in all reaches this."""
Sums = Mapping[Column, Mapping[str, Any]]
"""Amounts by column and name."""


def sums(here: Workings, paid: Paid, mark: float | None = None) -> dict[Column, dict[str, Any]]:
    """Present value of every part and sum of every row; NaN, or absent, where it is not known. ``staged`` loses the build where `mark` is missed.

    A part of which a line is not known is not known. Wrong answers hold what is known of them, since the share that people get wrong today
    may be all that is missing.
    """
    left, found = stays(here, paid), dict[Column, dict[str, Any]]()
    for column in COLUMNS:
        row = found[column] = _parts(paid, column, left)
        parts = PARTS[3:] if column == "today" else PARTS
        row["outside"] = _sum(row, *(part for part in parts if part in PARTS[:2]))
        row["staff"] = _sum(row, *(part for part in parts if part in PARTS[2:4]))
        row["all_in"] = _sum(row, *parts)
    today = found["today"]
    for column in gaining(found):
        row = found[column]
        row["gain"] = today["all_in"] - row["all_in"]
        row["gain_cash"] = (today["staff"] - row["staff"]) * here.values.get("freed_hours_cash", np.float64(np.nan)) - row["outside"]
        if here.inputs.falling:
            row["gain_all_checked"] = row["gain"] - _more_if_all_checked(here, column)
        if mark is not None:
            row["staged"] = np.where(1 - here.values[f"error_rate_{column}"] >= mark, row["gain"], -row["build"])
    return found


def _more_if_all_checked(here: Workings, column: Column) -> Any:
    """What a column would cost more over the horizon if people checked every answer for good, less the wrong ones that this finds."""
    v, unread = here.values, here.clock.months["calls"] - here.clock.months["checked"]
    found = v[f"error_rate_{column}"] * v["review_catch"] * v["cost_wrong"]
    return here.items * v["share_taken"] * unread * (v["review_minutes"] / 60 * v["hourly_cost"] - found)


def unknown(found: Sums, column: Column) -> tuple[Part, ...]:
    """Parts of a row of which something is not known."""
    people = found["today"]["wrong"]
    return tuple(part for part in PARTS if not known(found[column][part]) or (part == "wrong" and not known(people)))


def gaining(found: Sums) -> tuple[Column, ...]:
    """Columns whose gain against today is known: every part of both is."""
    return () if unknown(found, "today") else tuple(column for column in COLUMNS[1:] if not unknown(found, column))


def stays(here: Workings, paid: Paid) -> tuple[Any, Any]:
    """Of today's work and of its wrong answers, what stays whatever the pattern."""
    (work, mistakes), used, (freed, spared) = paid["today"], here.clock.months["calls"], spares(here)
    return work.total - used * freed, mistakes.total - used * spared


def _parts(paid: Paid, column: Column, left: tuple[Any, Any]) -> dict[str, Any]:
    """The parts of a row."""
    (work, mistakes), none = paid["today"], np.float64(0.0)
    if column == "today":
        return {"build": none, "run": none, "checking": none, "people": work.total, "wrong": mistakes.total}

    bought, wrong = bought_of(paid[column]), paid[column][-1].total
    return {
        "build": sum((flow.total for flow in bought if flow.phase == "build"), none),
        "run": sum((flow.total for flow in bought if flow.phase != "build"), none),
        "checking": sum((flow.total for flow in paid[column] if flow.unit_id == "staff_hours"), none),
        "people": left[0],
        "wrong": wrong + left[1] if mistakes.known else wrong,
    }


def bought_of(flows: Sequence[Flow]) -> tuple[Flow, ...]:
    """Flows of money that leaves the house: all but staff time and wrong answers."""
    return tuple(flow for flow in flows if flow.unit_id not in {"staff_hours", "wrong_answers"})


def _sum(found: Mapping[str, Any], *parts: str) -> Any:
    """Sum of what is known of `parts`; NaN where nothing is, 0 where there are none."""
    amounts = [found[part] for part in parts if known(found[part])]
    return sum(amounts[1:], amounts[0]) if amounts else np.float64(np.nan if parts else 0.0)


def spares(here: Workings) -> tuple[Any, Any]:
    """What a month of full use takes off today's costs: people's work, and their wrong answers."""
    v = here.values
    work = here.items * v["share_taken"] * v["minutes_saved"] / 60 * v["hourly_cost"]
    return work, here.items * v["error_rate_today"] * v["cost_wrong"]


def table(
    inputs: Inputs, bands: Mapping[tuple[str, ...], Band], shares: Mapping[str, Mapping[Column, float]], paid_back: Iterable[Payback] | None,
    drawn_gains: Mapping[Column, CostCurve] = {},
) -> dict[Column, MoneyRow]:
    """The rows, from what the draws say and from likely values.

    Args:
        inputs: Assumptions of one workflow.
        bands: What the draws say by ``money``, column and name.
        shares: Share of draws with a ``gain``, and mean of ``staged``, by column.
        paid_back: Paybacks of the draws against today; None leaves out what is followed month by month.
        drawn_gains: What columns cost up to each month beyond what they save, as the draws say.
    """
    here = scene(inputs, inputs.likely())
    paid = columns(here)
    found = sums(here, paid)
    drawn, months, years = {one.column: one for one in paid_back or ()}, dict[Column, Payback](), dict[Column, tuple[Year, ...]]()
    gained = dict[Column, tuple[SoFar, ...]]()
    if paid_back is not None:
        months, years = _months(here, paid, gaining(found)), dict(_years(here, paid))
        curves = gain_curves(here, paid, gaining(found)).items()
        gained = {column: tuple(_so_far(curve, drawn_gains.get(column), bands.get(("money", column, "gain")))) for column, curve in curves}

    def figure(column: Column, name: str) -> Figure | None:
        band, likely = bands.get(("money", column, name)), found[column].get(name, np.nan)
        return Figure(float(likely), band.p10, band.p50, band.p90) if band and known(likely) else None

    def row(column: Column) -> MoneyRow:
        parts, likely, late = unknown(found, column), months.get(column), drawn.get(column)
        payback = PaidBack(likely.p50, late.p10, late.p90, late.within_horizon) if likely and late else None
        return MoneyRow(
            column, **{name: figure(column, name) for name in (*PARTS, *SUMS)}, gain_chance=shares["gain"].get(column),
            staged=shares["staged"].get(column), payback=payback, by_year=years.get(column, ()), unknown=parts,
            missing=tuple(_missing(here, paid[column], parts)) if parts else (), so_far=gained.get(column, ()),
        )

    return {column: row(column) for column in COLUMNS}


def gain_curves(here: Workings, paid: Paid, of: Sequence[Column], stacked: Course | None = None) -> dict[Column, CostCurve]:
    """What columns cost up to each month beyond what they save against today, at likely values or for the draws of `stacked`."""
    spared = sum(spares(here)) if stacked is None else first(sum(spares(here)), stacked.amounts["once"].shape[-1])
    rows = (stacked or course(paid, 1)).differences([(column, "today") for column in of], spared)
    return curves(here.clock if stacked is None else here.clock.first(stacked.amounts["once"].shape[-1], np.float32), rows) if of else {}


def _so_far(likely: CostCurve, drawn: CostCurve | None, whole: Band | None) -> Iterator[SoFar]:
    """Gains month by month; they end on the range of all draws, one figure everywhere."""
    for n, (month, one) in enumerate(zip(likely.months, likely.bands, strict=True)):
        spread = Band(*(-end for end in (drawn.bands[n].p90, drawn.bands[n].p50, drawn.bands[n].p10))) if drawn else None
        spread = whole if spread and month == likely.months[-1] else spread
        yield SoFar(month, -one.p50, spread.p10 if spread else None, spread.p90 if spread else None)


def likely_gain(inputs: Inputs, column: Column) -> tuple[float | None, tuple[str, ...]]:
    """What `column` gains over the horizon at likely values, None where that is not known, and the inputs that lack a value for it."""
    here = scene(inputs, inputs.likely())
    paid = columns(here)
    found, rows = sums(here, paid), tuple[Column, ...](("today", column))
    names = (name for one in rows for name in _missing(here, paid[one], unknown(found, one)))
    return float(found[column]["gain"]) if column in gaining(found) else None, tuple(dict.fromkeys(names))


_ASKED: Mapping[Part, tuple[str, ...]] = {
    "run": ("calls_per_month",), "checking": ("calls_per_month",), "people": ("calls_per_month", "minutes_per_item"),
    "wrong": ("cost_wrong", "error_rate_today"),
}  # fmt: skip
"""What a part takes beside the inputs of its lines."""


def _missing(here: Workings, flows: Sequence[Flow], parts: Iterable[Part]) -> Iterator[str]:
    """Inputs without a value behind whatever is not known."""
    wanted = (*(name for part in parts for name in _ASKED.get(part, ())), *(name for flow in flows if not flow.known for name in flow.inputs))
    yield from (name for name in dict.fromkeys(wanted) if here.inputs.rows[name].value is None and not known(here.values.get(name, np.nan)))


def _months(here: Workings, paid: Paid, gains: Sequence[Column]) -> dict[Column, Payback]:
    """Paybacks against today at likely values."""
    pairs: list[tuple[Column, Column]] = [(column, "today") for column in gains]
    found = paybacks(here.clock, course(paid, 1), pairs, sum(spares(here)), np.float64(np.inf))
    return {one.column: one for one in found}


def _years(here: Workings, paid: Paid) -> Iterator[tuple[Column, tuple[Year, ...]]]:
    """Money that leaves the house by financial year, month by month at likely values; the first payment is due on the day of the advice."""
    start, first = here.inputs.engagement.as_of, here.inputs.engagement.financial_year_from
    outside: Paid = {column: bought_of(flows) for column, flows in paid.items()}
    clock = replace(here.clock, discount=np.float64(1.0))
    stacked = course(outside, 1)
    year_of = [(start.year * 12 + start.month - 1 + max(month - 1, 0) - (first - 1)) // 12 for month in range(clock.horizon + 1)]
    so_far, running = stacked.amounts["once"][:, 0], dict[int, Any]()
    for month, spent in followed(clock, stacked):
        if year_of[month] not in year_of[month + 1 :]:  # the last month of a year
            now = spent()[:, 0]
            running[year_of[month]], so_far = now - so_far, now
    for row, column in enumerate(stacked.rows):
        once = {year_of[0]: float(stacked.amounts["once"][row, 0])}
        years = dict.fromkeys(year_of)
        yield column, tuple(Year(y, once.get(y, 0.0), float(running[y][row]) if y in running else 0.0) for y in years)


@dataclass(frozen=True, slots=True)
class Printed:
    """Amounts as they are printed: whole units, sums and gains worked out from them."""

    unit: int
    """1000 or 1."""
    rows: Mapping[Column, Mapping[str, int | None]]
    """By column and name; None stands for not known."""

    def amounts(self, column: Column) -> dict[str, int | None]:
        """The row of `column` in the currency."""
        return {name: None if amount is None else amount * self.unit for name, amount in self.rows[column].items()}


_PRINTED: Mapping[str, Sequence[Part]] = {"outside": PARTS[:2], "staff": PARTS[2:4], "all_in": PARTS}
"""Sums of a money table that are taken of what is printed, with their parts."""


def printed(found: Mapping[Column, MoneyRow], first: Column, checks: Mapping[Column, float | None]) -> Printed:
    """What a money table prints: parts rounded to its unit, sums of what is rounded, and gains from those sums.

    By how much a gain is above that of the column `first` is ``ahead``; what of checking is not of answers, which cost `checks`, is ``helping``.
    In thousands where today or `first` is that large, unless the gain of `first` would then lie outside its range.
    """
    unit = 1000 if max(abs(row.all_in.likely) if row.all_in else 0.0 for row in (found["today"], found[first])) >= THOUSANDS else 1
    rows, held = _rows(found, unit), found[first].gain
    if held and unit > 1 and not min(held.p10, held.likely) <= (rows[first]["gain"] or 0) * unit <= max(held.p90, held.likely):
        unit, rows = 1, _rows(found, 1)
    least = rows[first]["gain"]
    for column, row in rows.items():
        gain, checking, answers = row["gain"], row["checking"], checks.get(column)
        row["ahead"] = None if gain is None or least is None else gain - least
        row["helping"] = None if checking is None or answers is None else checking - round(answers / unit)
    return Printed(unit, rows)


def _rows(found: Mapping[Column, MoneyRow], unit: int) -> dict[Column, dict[str, int | None]]:
    """Parts in whole units, with the sums and gains of what is rounded."""
    rows: dict[Column, dict[str, int | None]] = {
        column: {part: (amount := getattr(row, part)) and round(amount.likely / unit) for part in PARTS} for column, row in found.items()
    }
    for column, row in rows.items():
        paid = PARTS[3:] if column == "today" else PARTS
        row |= {name: _whole(row, [part for part in parts if part in paid]) for name, parts in _PRINTED.items()}
        row["gain"] = (rows["today"]["all_in"] or 0) - (row["all_in"] or 0) if found[column].gain else None
    return rows


def _whole(row: Mapping[str, int | None], parts: Sequence[str]) -> int | None:
    known = [amount for part in parts if (amount := row[part]) is not None]
    return sum(known) if known else None


def with_quotes(inputs: Inputs) -> Inputs:
    """`inputs` with the price of the cheapest quote that still holds, unless a price is set.

    Raises:
        EngagementError: If something is wrong with a quote.
    """
    rows, quotes = inputs.rows, inputs.workflow.quotes
    if faults := [Fault(inputs.engagement.id, f"{inputs.workflow.id}.quotes[{n}]", quote.fault) for n, quote in enumerate(quotes) if quote.fault]:
        raise EngagementError(faults)
    if rows["buy_seat_price"].value or rows["buy_resolution_price"].value:
        return inputs
    asked = [(cost, quote) for quote in quotes if holds(quote, inputs.engagement.as_of) and (cost := _a_month(inputs, quote)) is not None]
    if not asked:
        return inputs
    best = min(asked, key=lambda pair: pair[0])[1]
    name, price = ("buy_seat_price", best.seat_price) if best.seat_price is not None else ("buy_resolution_price", best.resolution_price)
    source = ", ".join(filter(None, (TEXTS.say("quote", supplier=best.supplier, date=day(best.date)), best.source)))
    return replace(inputs, rows={**rows, name: replace(rows[name], value=Estimate.of(price or 0.0), source=source, changed_by="negotiated")})


def _a_month(inputs: Inputs, quote: Quote) -> float | None:
    """What a quote comes to in a month of full use; None where seats or items are not known."""
    names = ("buy_seats",) if quote.seat_price is not None else ("calls_per_month", "share_taken", "adoption")
    found = [inputs.rows[name].range for name in names]
    price = quote.seat_price if quote.seat_price is not None else quote.resolution_price
    return None if None in found or price is None else math.prod((price, *(one.likely for one in found if one)))
