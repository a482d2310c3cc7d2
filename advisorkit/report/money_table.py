"""The money table as every screen, page and terminal prints it: rounded once, so that what is printed adds up."""

from collections.abc import Iterator, Mapping, Sequence

from advisorkit.costs.bill import usual_checking
from advisorkit.costs.flows import Column
from advisorkit.costs.results import PARTS, MoneyRow, PaidBack, Year
from advisorkit.export.blocks import Cell, LineItems, Money, Table, table_of
from advisorkit.report.pictures import ruled_out
from advisorkit.report.printed import columns, project, say, weeks
from advisorkit.study.programme import together
from advisorkit.study.shapes import MONEY
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.messages import linked, locale, or_nought, printing
from advisorkit.values.prices import Quote
from advisorkit.values.quantities import SYMBOLS, Estimate, day, money_short, number, percent, sampled, span

Amounts = Mapping[str, int | None]
"""A row as it is printed, in units of its table."""


def money_table(study: Study) -> Table:
    """Today, every pattern and, where its price is known, a bought product: what each costs, part by part, and what it gains."""
    seen, costs = study.printed, study.costs.money
    order = sorted(shown(study), key=lambda column: study.status(column) == "ruled_out")
    rows = [_ruled(study, column) if study.status(column) == "ruled_out" else _row(study, costs[column], seen.rows[column]) for column in order if column != "buy" or not study.quotes]
    rows += [_row(study, *_quoted(study, quote, offered), say("money.quote", supplier=quote.supplier, date=day(quote.date))) for quote, offered in study.quotes]
    rate = study.assumption("discount_rate").range
    subtitle = say(
        "money.subtitle", unit=in_unit(study.currency, seen.unit), months=study.months,
        discount=percent(rate.likely if rate else 0), draws=number(study.costs.draws),
    )
    return table_of(say("money.table"), columns("money.head"), rows, range(1, 12), subtitle=subtitle, note=linked(" ", _notes(study)))


@printing
def whole(amount: float, unit: int = 1) -> str:
    """A whole amount as a table in thousands or in ones prints it, exact whatever its size.

    Example:
        >>> whole(-1_234_567)
        '−1,234,567'
    """
    return number(round(amount / unit) if unit > 1 else round(amount))


def shown(study: Study) -> tuple[Column, ...]:
    """Rows of the table: a bought product only where its price is known or it is advised."""
    buy, ramp = study.costs.money["buy"], study.advice.off_ramp
    return ("today", *PATTERNS, *(("buy",) if buy.outside or (ramp and ramp.kind == "buy") else ()))


def _quoted(study: Study, quote: Quote, offered: Study) -> tuple[MoneyRow, Amounts]:
    """The row of a bought product at one quote."""
    path = f"money.quotes[{study.workflow.quotes.index(quote)}].money"
    return study.cite(offered.costs.money["buy"], path, MONEY), study.cite(offered.printed.rows["buy"], f"{path}.printed")


def _row(study: Study, row: MoneyRow, amounts: Amounts, name: str = "") -> Iterator[Cell]:
    column, unit = row.column, study.printed.unit
    yield Cell(name or study.name(column), column if column in PATTERNS else "")
    for part in ("build", "run", "outside", "checking", "people", "staff", "wrong", "all_in"):
        yield _amount(row, amounts, part)
    if column == "today":
        yield from (Cell(say("money.base"), "muted"), Cell("–"), Cell("–"))
    elif row.gain is None:
        yield from (Cell(say("money.unknown"), "muted"), Cell(""), Cell(""))
    else:
        ends = span(whole(row.gain.p10, unit), whole(row.gain.p90, unit))
        yield Cell(linked("\n", (whole(amounts["gain"] or 0), ends)), "strong")
        yield Cell(sampled(or_nought(row.gain_chance)))
        yield Cell(_back(row.payback, study.months))


def _amount(row: MoneyRow, amounts: Amounts, name: str) -> Cell:
    amount, sums = amounts[name], {"outside": PARTS[:2], "staff": PARTS[2:4], "wrong": PARTS[4:], "all_in": PARTS}
    if row.column == "today" and name in ("build", "run", "outside", "checking"):
        return Cell("–")
    if amount is None:
        return Cell(say("money.unknown"), "muted")
    least = set(sums.get(name, ())) & set(row.unknown)
    return Cell(say("money.least", amount=whole(amount)) if least else whole(amount), "strong" if name in sums else "")


def _back(found: PaidBack | None, months: int) -> str:
    if found is None:
        return "–"
    likely, low, high = (say("money.beyond", months=months) if month is None else whole(month) for month in (found.likely, found.p10, found.p90))
    return likely if low == high else linked("\n", (likely, span(low, high)))


def _ruled(study: Study, column: Column) -> Iterator[Cell]:
    yield from (Cell(study.name(column), "muted"), Cell(say("money.ruled"), "muted"), *[Cell("")] * 10)


def _notes(study: Study) -> Iterator[str]:
    rows, first = study.costs.money, study.decision.destination
    if len(years := rows[first].by_year) > 2:
        yield say("money.yearly", pattern=study.name(first), amount=money_short(years[1].running, study.currency), year=_label(study, years[1].year))
    yield from _limits(study)
    if study.lacking:
        yield say("money.ask", names=", ".join(study.lacking))
    for pattern in PATTERNS:
        if study.status(pattern) == "ruled_out":
            yield say("money.ruled_note", pattern=study.name(pattern), reason=ruled_out(study.advice, pattern))


def in_unit(currency: str, unit: int) -> str:
    """The unit of a table of money, thousands of the currency or the currency itself, as its subtitle says it."""
    sign = SYMBOLS.get(currency, currency).strip()
    return say("money.thousand", unit=sign) if unit > 1 else sign


def cash_years(study: Study) -> LineItems | None:
    """Money that leaves the house for every pattern in play by financial year; None where it is known of none."""
    years = {pattern: found for pattern in study.in_play if (found := study.costs.money[pattern].by_year)}
    if not years:
        return None
    labels = [(year.year, _label(study, year.year)) for year in next(iter(years.values()))]
    items = [_year(years, n, say("money.one_off", year=label), "one_off") for n, (_, label) in enumerate(labels) if n == 0]
    items += [_year(years, n, say("money.running", year=label), "running") for n, (_, label) in enumerate(labels)]
    return LineItems(say("money.years"), study.currency, tuple(Cell(study.name(p), p) for p in years), tuple(items), say("money.years_note"))


def yearly(studies: Sequence[Study]) -> LineItems | None:
    """Money that leaves the house for the destinations of several workflows by financial year; None where it is known of none."""
    goals = {one.workflow.name: (one, one.decision.destination) for one in studies}
    paid = {
        name: {year.year: one.cite(year.paid, f"money.{goal}.by_year[{n}].paid") for n, year in enumerate(one.costs.money[goal].by_year)} for name, (one, goal) in goals.items()
    }  # fmt: skip
    years = sorted({year for amounts in paid.values() for year in amounts})
    items = tuple(Money(name, tuple(amounts.get(year) for year in years)) for name, amounts in paid.items() if amounts)
    heads = tuple(Cell(_label(studies[0], year)) for year in years)
    both = together(studies)
    note = linked(" ", (say("money.years_note"), *((say("money.years_shared"),) if both and both.saved else ())))
    return LineItems(say("money.years"), studies[0].currency, heads, items, note) if items else None


def _year(years: Mapping[PatternId, tuple[Year, ...]], n: int, label: str, name: str) -> Money:
    return Money(label, tuple(getattr(found[n], name) for found in years.values()))


def _label(study: Study, year: int) -> str:
    return str(year) if study.engagement.financial_year_from == 1 else f"{year}/{(year + 1) % 100:02d}"


def _limits(study: Study) -> Iterator[str]:
    """Money and time that the destination takes, beside the budget and the deadline given."""
    first, facts, answers = study.decision.destination, study.facts, {} if study.decision.replaced else study.answers

    def stand(given: Estimate, needed: float) -> str:
        return say("money.over" if given.below(needed) >= 0.5 else "money.within")

    if (told := answers.get("budget")) and (budget := told.amount):
        needed, once = facts.build[first].p50, study.costs.money[first].by_year[:1]
        cash = [say("money.once", cash=money_short(one.one_off, study.currency), year=_label(study, one.year), stand=stand(budget, one.one_off)) for one in once]
        yield say("money.budget", pattern=study.name(first), needed=project(needed, study.currency), stand=stand(budget, needed), cash=linked("", cash))
    elif facts.build[first].p50 < 0.9 * (study.costs.money[first].build.likely if study.costs.money[first].build else 0.0):  # type: ignore[union-attr]
        yield say("money.first", pattern=study.name(first), needed=project(facts.build[first].p50, study.currency))
    if (told := answers.get("deadline_weeks")) and told.amount:
        needed = facts.build_weeks[first].p50
        yield say("money.deadline", pattern=study.name(first), needed=weeks(needed), stand=stand(told.amount, needed))


def ranked(study: Study) -> str:
    """What the destination gains, as lists of workflows print it; what must be asked for where that is not known."""
    rank = study.rank
    if rank.gain is None:
        return say("rank.ask", names=", ".join(locale().lowered(row.assumption.label) for row in rank.ask)) if rank.ask else say("unknown")
    gain = money_short(rank.gain, study.currency)
    return say("rank.assumed", gain=gain) if rank.assumed else gain


def shared_bill(studies: Sequence[Study]) -> tuple[LineItems, ...]:
    """What workflows pay together with and without sharing; nothing for fewer than two."""
    found = together(studies)
    if found is None:
        return ()
    names = {one.workflow.id: f"{one.workflow.name}, {one.name(one.decision.destination)}" for one in studies}
    items = [Money(names[name], (amount,)) for name, amount in found.alone.items()]
    items.append(Money(say("together.saved"), (None if found.saved is None else -found.saved,)))
    return (LineItems(say("together.title", months=studies[0].months), studies[0].currency, (Cell(say("together.head")),), tuple(items), say("together.note")),)


def unchecked(study: Study) -> tuple[str, ...]:
    """What checking would cost as is usual, where nobody has said who checks what share; nothing where somebody has, or no pattern is priced."""
    cost = None if study.decision.replaced or not study.priced else usual_checking(study.inputs)
    if cost is None:
        return ()
    shares = {name: percent(found.likely) for name in ("later", "mature") if (found := study.assumption(f"review_share_{name}").range)}
    months = {"until_first": "review_first_months", "until_later": "review_later_until"}
    until = {name: number(found.likely) for name, of in months.items() if (found := study.assumption(of).range)}
    return (say("money.unchecked", cost=money_short(study.cite(cost, "usual_checking"), study.currency), months=study.months, **shares, **until),)
