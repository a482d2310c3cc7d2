"""A bought product at the cheapest quote that still holds."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from advisorkit.costs.inputs import Inputs
from advisorkit.values.engagement import Quote
from advisorkit.values.errors import EngagementError, Fault
from advisorkit.values.quantities import Estimate, day


def with_quotes(inputs: Inputs) -> Inputs:
    """`inputs` with the price of the cheapest quote that still holds, unless a price is set.

    Raises:
        EngagementError: If a quote names no price, or two.
    """
    rows, quotes = inputs.rows, inputs.workflow.quotes
    if faulty := [n for n, quote in enumerate(quotes) if (quote.seat_price is None) == (quote.resolution_price is None)]:
        fault = "a quote names either seat_price or resolution_price"
        raise EngagementError([Fault(inputs.engagement.id, f"{inputs.workflow.id}.quotes[{n}]", fault) for n in faulty])
    if rows["buy_seat_price"].value or rows["buy_resolution_price"].value:
        return inputs
    asked = [(cost, quote) for quote in quotes if holds(quote, inputs.engagement.as_of) and (cost := _a_month(inputs, quote)) is not None]
    if not asked:
        return inputs
    best = min(asked, key=lambda pair: pair[0])[1]
    name, price = ("buy_seat_price", best.seat_price) if best.seat_price is not None else ("buy_resolution_price", best.resolution_price)
    source = f"quote of {best.supplier}, {day(best.date)}" + (f", {best.source}" if best.source else "")
    return replace(inputs, rows={**rows, name: replace(rows[name], value=Estimate.of(price or 0.0), source=source, changed_by="workflow")})


def holds(quote: Quote, on: date) -> bool:
    """Whether a quote is still valid on a day."""
    return quote.date <= on and (quote.valid_until is None or on <= quote.valid_until)


def _a_month(inputs: Inputs, quote: Quote) -> float | None:
    """What a quote comes to in a month of full use; None where seats or items are not known."""
    names = ("buy_seats",) if quote.seat_price is not None else ("calls_per_month", "share_taken", "adoption")
    found = [inputs.rows[name].range for name in names]
    price = quote.seat_price if quote.seat_price is not None else quote.resolution_price
    return None if None in found or price is None else math.prod((price, *(one.likely for one in found if one)))
