"""The part of the method page on money: formulas, a bill by hand, and every default with its source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.resources import files

from advisorkit.catalog.price_rows import load as load_prices
from advisorkit.catalog.tables import assumptions
from advisorkit.costs.assumption import DRAWS, Assumption
from advisorkit.costs.bill import Bill, Line, bill
from advisorkit.costs.inputs import inputs_for
from advisorkit.costs.sampling import CORRELATION
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.prices import STALE_DAYS, WARN_DAYS
from advisorkit.values.quantities import Estimate, day, number

_DAY = date(2026, 11, 20)
_REVIEWED = ("day", "hour", "label", "judge", "gpu", "throughput", "store", "rerank", "hosting", "tool")
"""Kinds of price rows that no price package has; prices of models are listed by `advisorkit prices`."""


def cost_method() -> str:
    """The cost model in words and formulas, in Markdown.

    Example:
        >>> "## How a bill is worked out" in cost_method()
        True
    """
    text = (files("advisorkit") / "data" / "text" / "en" / "method_costs.md").read_text(encoding="utf-8")
    return text.format(
        correlation=f"{CORRELATION:g}", screen=f"{DRAWS:,}", report=f"{DRAWS * 4:,}",
        example="\n".join(_example()), defaults="\n".join(_defaults()), prices="\n".join(_prices()), warn=WARN_DAYS, stale=STALE_DAYS,
    )


def example_bill() -> Bill:
    """The bill that the page works out by hand: a prompt for 10,000 calls a month, everything else at its default."""
    said = {"calls_per_month": Answer(amount=Estimate.of(10_000)), "human_review": Answer(levels=("never",))}
    whole = Engagement("example", "Example", "USD", _DAY, (Workflow("mail", "Mail", answers=said),))
    return bill(inputs_for(whole, whole.workflows[0], load_prices(_DAY), assumptions()))


def _example() -> Iterator[str]:
    made = example_bill()
    yield (
        f"A prompt for 10,000 calls a month, nobody checks, all else at its default, over {made.horizon_months} months, in {made.currency} "
        f"on {_DAY:%d %B %Y}, at likely values:\n"
    )
    yield from ("| line | quantity | unit | price | months | amount |", "|---|---|---|---|---|---|")
    known = [line for line in made.of("prompt") if line.amount is not None]
    yield from map(_row, known)
    yield f"| **Total of what is known** | | | | | **{sum(line.amount or 0 for line in known):,.2f}** |"


def _row(line: Line) -> str:
    shown = (f"{x:,.6g}" if x is not None else "" for x in (line.quantity, line.price, line.months))
    quantity, price, months = shown
    return f"| {line.component} | {quantity} | {line.unit} | {price} | {months} | {line.amount:,.2f} |"


def _defaults() -> Iterator[str]:
    yield from ("| name | what | default | unit | moves with | source |", "|---|---|---|---|---|---|")
    for one in assumptions().values():
        cells = (f"`{one.name}`", one.meaning, _default(one), one.unit_in("currency", "share"), one.moves_with, one.source)
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _prices() -> Iterator[str]:
    yield from ("| id | price | unit | as of | source |", "|---|---|---|---|---|")
    for price in load_prices(_DAY).prices.values():
        if price.id.partition(":")[0] in _REVIEWED:
            unit = f"{price.currency} {price.unit}".strip()
            yield f"| `{price.id}` | {_value(price.amount)} | {unit} | {day(price.checked)} | {price.source.replace('|', '/')} |"


def _default(one: Assumption) -> str:
    by = one.by_answer
    told = [f"by `{one.fed_by}`"] if one.answer else []
    told += [f"`{by.criterion}`: {'; '.join(f'{level} {_value(value)}' for level, value in by.levels.items())}"] if by else []
    told += [f"price book `{one.price}`"] if one.price else []
    otherwise = "" if one.default is None else _value(one.default)
    return "; else ".join([*told, otherwise] if otherwise else told) or "not known"


def _value(value: Setting) -> str:
    if isinstance(value, Estimate):
        ends = (value.low,) if value.fixed else (value.low, value.likely, value.high)
        return " / ".join(_plain(end) for end in ends)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _plain(value: float) -> str:
    return number(value) if value == int(value) else f"{value:g}"
