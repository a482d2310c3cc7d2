"""Writes the method page from the catalogue and the cost model (`make docs`): formulas, every weight, gates, defaults, sources."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from advisorkit.advice.belief import CAP
from advisorkit.advice.gates import GUESS
from advisorkit.catalog.prices import load as load_prices
from advisorkit.catalog.reading import assumptions, load as load_catalog
from advisorkit.catalog.vocabulary import archetypes
from advisorkit.costs.assumption import DRAWS, Assumption
from advisorkit.costs.bill import bill
from advisorkit.costs.flows import TEXTS
from advisorkit.costs.inputs import inputs_for
from advisorkit.costs.sampling import CORRELATION
from advisorkit.values.criteria import AskIf, Criterion, Gate
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.prices import STALE_DAYS, WARN_DAYS
from advisorkit.values.quantities import Estimate, day, number, percent

PAGE = Path(__file__).with_suffix(".md")
"""Where the page is kept."""
EXAMPLE_DAY = date(2026, 11, 20)
REVIEWED = ("day", "hour", "label", "judge", "reasoning", "regional", "search", "reading", "gpu", "endpoint", "provisioned", "throughput", "store", "rerank", "hosting", "tool")
"""Kinds of price rows that no price package has; prices of models are listed by `advisorkit prices`."""
MOMENTS = {"pre_work": "before the workshop", "workshop": "in the workshop", "after": "after the workshop"}


def page() -> str:
    """The whole page in Markdown; the same catalogue gives the same text."""
    jinja = Environment(loader=FileSystemLoader(PAGE.parent), trim_blocks=True, undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - Markdown, of our own words
    jinja.filters |= {"cell": cell, "day": day, "decibans": decibans, "percent": percent, "setting": setting}
    catalog, prices = load_catalog(), load_prices(EXAMPLE_DAY)
    # A prompt for 10,000 calls a month, one answer in ten checked, thinking switched off, everybody uses it, everything else at its default, to be worked out by hand.
    said, own = {"calls_per_month": Answer(amount=Estimate.of(10_000))}, {"adoption": Estimate.of(1), "review_share": Estimate.of(0.1)}
    whole = Engagement("example", "Example", "USD", EXAMPLE_DAY, (Workflow("mail", "Mail", answers=said, workload={"reasoning_tokens": Estimate.of(0)}, assumptions=own),))
    made = bill(inputs_for(whole, whole.workflows[0], prices, assumptions()))
    return jinja.get_template("method.md.j2").render(
        catalog=catalog, criteria=list(catalog.criteria.values()), archetypes=archetypes().values(), guess=GUESS, cap=CAP,
        assumptions=assumptions().values(), prices=[row for row in prices.prices.values() if row.id.partition(":")[0] in REVIEWED],
        bill=made, lines=[line for line in made.of("prompt") if line.amount is not None], example_day=EXAMPLE_DAY,
        correlation=CORRELATION, draws=DRAWS, warn=WARN_DAYS, stale=STALE_DAYS,
        asked=asked, closed_by=closed_by, component=component, counted=counted, default=default, moves=moves,
    )


def cell(words: str) -> str:
    """Words that do not end a cell of a table."""
    return words.replace("|", "/")


def decibans(value: float) -> str:
    """Decibans with one decimal."""
    return number(value, 1)


def moves(criterion: Criterion) -> bool:
    """Whether any answer to it counts for or against a question."""
    return any(any((level.retrieval, level.training, *level.expert)) for level in criterion.levels)


def asked(criterion: Criterion) -> str:
    """Of whom, when and under which condition it is asked."""
    if criterion.derived:
        return "Never asked: worked out from the pilot or from other answers."
    ask, condition = criterion.ask_if, ""
    if ask is not None:
        condition = f", unless {ask.axis} is less likely than {percent(ask.at_least)}" if ask.axis else f", when {holds(ask)} or unknown"
    return f"Asked of {criterion.who} {MOMENTS[criterion.when]}{condition}."


def holds(ask: AskIf) -> str:
    """A criterion with the answers to it under which something holds."""
    return f"`{ask.criterion}` is {' or '.join(f'`{level}`' for level in ask.levels)}"


def closed_by(gate: Gate) -> str:
    """What closes a gate."""
    levels = [f"`{level}`" for level in gate.levels] + (["unknown"] if gate.unknown_closes else [])
    when = f"`{gate.criterion}` is {' or '.join(levels)}" if levels else f"`{gate.criterion}`"
    tested = f"{' and' if levels else ':'} {gate.computed.replace('_', ' ')} (computed)" if gate.computed else ""
    return f"{when}{tested}" + (f", unless {holds(gate.unless)}" if gate.unless else "")


def component(id: str) -> str:
    """Name of a line of the bill."""
    return cell(TEXTS.say(f"component.{id}"))


def counted(one: Assumption) -> str:
    """What the line of an assumption multiplies."""
    if (line := one.line) is None:
        return ""
    factors = [*([] if line.price == one.name else [one.name]), *line.times]
    shown = [f"`{factor}`" if factor in assumptions() else f"*{factor.replace('_', ' ')}*" for factor in (*factors, line.price)]
    return " · ".join((*shown[:-1], f"{line.per:g}⁻¹", shown[-1]) if line.per != 1 else shown)


def default(one: Assumption) -> str:
    """Where the value comes from that holds when nobody says otherwise."""
    by = one.by_answer
    told = [f"by `{one.fed_by}`"] if one.answer else []
    told += [f"`{by.criterion}`: {'; '.join(f'{level} {setting(value)}' for level, value in by.levels.items())}"] if by else []
    told += [f"price book `{one.price}`"] if one.price else []
    told += [setting(one.default)] if one.default not in (None, "") else []
    return "; else ".join(told) or "not known"


def setting(value: Setting) -> str:
    """A range by its ends, or a word."""
    if isinstance(value, Estimate):
        ends = (value.low,) if value.fixed else (value.low, value.likely, value.high)
        return " / ".join(number(end) if end == int(end) else f"{end:g}" for end in ends)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
