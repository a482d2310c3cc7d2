"""Pages about money: the table as every screen, page and terminal prints it, what each pattern costs, and what the figures rest on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from advisorkit.advice.words import how_likely
from advisorkit.costs.bill import usual_checking
from advisorkit.costs.flows import Column
from advisorkit.costs.inputs import Input
from advisorkit.costs.results import PARTS, MoneyRow, PaidBack
from advisorkit.export.blocks import Block, Cell, ChartBlock, Heading, LineItems, Money, Table, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.report import pictures
from advisorkit.report.advice_pages import changes
from advisorkit.report.pictures import ruled_out
from advisorkit.report.printed import columns, project, say, weeks
from advisorkit.study.programme import together
from advisorkit.study.shapes import MONEY
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import here, locale
from advisorkit.values.places import linked, or_nought, printing, told
from advisorkit.values.quantities import SYMBOLS, Estimate, day, money_short, number, percent, plain, round_figures, sampled, sampled_parts, span

Amounts = Mapping[str, int | None]
"""A row as it is printed, in units of its table."""


def money_table(study: Study) -> Table:
    """Today, every pattern and, where its price is known, a bought product: what each costs, part by part, and what it gains."""
    seen, costs = study.printed, study.costs.money
    order = sorted(shown(study), key=lambda column: study.status(column) == "ruled_out")
    rows = [_ruled(study, column) if study.status(column) == "ruled_out" else _row(study, costs[column], seen.rows[column]) for column in order if column != "buy" or not study.quotes]
    rows += [_row(study, row, amounts, name) for name, row, amounts in _quoted(study)]
    rate = study.assumption("discount_rate").range
    subtitle = say(
        "money.subtitle", unit=in_unit(study.currency, seen.unit), months=study.months,
        discount=percent(rate.likely if rate else 0), draws=number(study.costs.draws),
    )
    made = table_of(say("money.table"), columns("money.head"), rows, range(1, 12), subtitle=subtitle, note=linked(" ", _notes(study)))
    return made if study.decision.ended else replace(made, advised=order.index(study.decision.destination) + 1)


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


def _quoted(study: Study) -> Iterator[tuple[str, MoneyRow, Amounts]]:
    """A bought product at each quote: by whom and when it was offered, what it costs, and that as it is printed."""
    for quote, offered in study.quotes:
        path = f"money.quotes[{study.workflow.quotes.index(quote)}].money"
        name = say("money.quote", supplier=quote.supplier, date=day(quote.date))
        yield name, study.cite(offered.costs.money["buy"], path, MONEY), study.cite(offered.printed.rows["buy"], f"{path}.printed")


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
    """Money that leaves the house by financial year for every pattern in play and, where its price is known, a bought product; None where it is known of none."""
    sold = [*((Cell(name), row) for name, row, _ in _quoted(study))] or [(Cell(study.name("buy")), study.costs.money["buy"])] * ("buy" in shown(study))
    paid = [*((Cell(study.name(pattern), pattern), study.costs.money[pattern]) for pattern in study.in_play), *sold]
    years = [(head, row.by_year) for head, row in paid if row.by_year]
    if not years:
        return None
    labels = [_label(study, year.year) for year in years[0][1]]
    lines = [*((0, "one_off") for _ in labels[:1]), *((n, "running") for n in range(len(labels)))]
    items = [Money(say(f"money.{name}", year=labels[n]), tuple(getattr(found[n], name) for _, found in years)) for n, name in lines]
    return LineItems(say("money.years"), study.currency, tuple(head for head, _ in years), tuple(items), say("money.years_note"))


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


def _label(study: Study, year: int) -> str:
    return str(year) if study.engagement.financial_year_from == 1 else f"{year}/{(year + 1) % 100:02d}"


def _limits(study: Study) -> Iterator[str]:
    """Money and time that the destination takes, beside the budget and the deadline given."""
    first, facts, answers = study.decision.told, study.facts, {} if study.decision.replaced else study.answers
    if study.decision.next_step.used:
        return

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


@spoken
def costs(study: Study) -> tuple[Block, ...]:
    """The money and the path: the table, how cost builds up, what moves the gain, the steps, who does what by when; nothing where something simpler fits."""
    if study.decision.replaced:
        return ()
    way = (Heading(pictures.path_title(study)), ChartBlock(replace(pictures.path_stairs(study), subtitle=""), titled=False))
    if not study.priced:
        return (replace(way[0], level=2, part=study.workflow.name), Text((say("money.none"),)), Heading(say("path.chart")), way[1], *changes(study), *steps(study.engagement))
    curve, swings, lines = pictures.gains(study), pictures.tornado(study, 5), (*worth(study), *left_out(study))
    left = (Heading(curve.title, column="left"), ChartBlock(curve, titled=False)) if curve else ()
    right = (Heading(swings.title, column="right"), ChartBlock(swings, titled=False)) if swings else ()
    return (Heading(_title(study), 2, study.workflow.name), money_table(study), *((Text((linked(" ", lines),), "note"),) if lines else ()), *left, *right, *way, *steps(study.engagement))


def steps(engagement: Engagement, *, everywhere: bool = False) -> Iterator[Block]:
    """What was agreed to be done, by day and owner; where there are several workflows it stands once, `everywhere`."""
    if everywhere or len(engagement.workflows) == 1:
        roles = {one.name: one.role for one in engagement.team}
        left = sorted((one for one in engagement.actions if one.state == "open"), key=lambda one: one.date or date.max)
        rows = [(day(one.date) if one.date else "–", one.act, ", ".join(filter(None, (one.owner, roles.get(one.owner))))) for one in left]
        yield from ((Heading(say("steps.title")), table_of("", columns("steps.head"), rows)) if rows else ())


def _title(study: Study) -> str:
    if found := study.decision.gained:
        goal, held = study.decision.told, study.decision.prospects
        title = say("costs.title.gain" if found.gain >= 0 else "costs.title.loss", pattern=study.name(goal), gain=told(money_short(abs(found.gain), found.currency), found.gain), months=found.months)
        return say("costs.title.if", right=percent(held.expected_right[goal].p50), title=title) if held.below(goal) else title
    first = max(PATTERNS, key=lambda p: study.costs.cheapest.get(p, 0))
    chance = study.costs.cheapest.get(first, 0)
    key = "costs.title.clear" if chance >= 0.6 else "costs.title.open" if chance else "costs.title.unknown"
    title = say(key, pattern=study.name(first), sure=say(f"sure.{how_likely(chance)}"), months=study.months)
    return say("costs.title.before", parts=_left(study), title=locale().lowered(title) if key == "costs.title.open" else title) if chance and study.left_out else title


def _cheapest(study: Study) -> Iterator[str]:
    found = study.costs.cheapest
    if found:
        shown = sampled_parts(found)
        yield say("costs.cheapest", shares=linked(", ", (linked(" ", (study.name(p), shown[p])) for p in sorted(found, key=lambda p: -found[p]))))


def said(study: Study) -> Iterator[str]:
    """What the destination saves and gains, and from which volume on, in sentences."""
    yield from gained(study)
    yield from _against_prompt(study)
    yield from _helping(study)
    yield from left_out(study)


def compared(study: Study) -> Iterator[str]:
    """How patterns compare: the chance to be the cheapest, the destination against a prompt."""
    yield from _cheapest(study)
    yield from _against_prompt(study)
    yield from _helping(study)


def _helping(study: Study) -> Iterator[str]:
    """What of the column of people checking goes into checking answers, in whole units of the table."""
    first, seen = study.decision.destination, study.printed
    row, checks = seen.rows[first], study.bill.line(first, "checking").amount
    if checks is not None and row["helping"]:
        yield say("money.helping", pattern=study.name(first), total=number(row["checking"] or 0), unit=in_unit(study.currency, seen.unit), checks=whole(checks, seen.unit), rest=number(row["helping"]))


def _against_prompt(study: Study) -> Iterator[str]:
    first = study.advice.recommended
    gaps = (gap for gap in study.costs.differences if (gap.left, gap.right) == ("prompt", first) and {"prompt", first} <= study.costs.cheapest.keys())
    for gap in (one for one in gaps if abs(one.likely) >= study.printed.unit):
        likely, low, high = told(money_short(abs(gap.likely), study.currency), gap.likely), money_short(gap.amount.p10, study.currency), money_short(gap.amount.p90, study.currency)
        yield say("costs.saving" if gap.likely >= 0 else "costs.dearer", pattern=study.name(first), likely=likely, low=low, high=high, months=study.months)
    for even in study.costs.break_even:
        if even.between == ("prompt", first) and even.calls_per_month and "prompt" in study.in_play:
            yield say("costs.even_calls", pattern=study.name(first), calls=told(number(round_figures(even.calls_per_month)), even.calls_per_month), reason=even.reason)


def gained(study: Study) -> Iterator[str]:
    """What the destination gains against today and on which condition, its range, what it is worth when stopped in time, what of it is cash."""
    row = study.costs.money[study.decision.told]
    if study.decision.gain and row.gain is not None:
        yield study.decision.gain
        low, high = (money_short(end, study.currency) for end in (row.gain.p10, row.gain.p90))
        yield say("money.gain_range", low=low, high=high, chance=sampled(or_nought(row.gain_chance)))
        yield from worth(study)


def ahead(study: Study) -> Iterator[str]:
    """That another pattern comes out better in money, and why it is not advised for that; nothing where none does."""
    if study.decision.gain:
        best = max(study.in_play, key=lambda pattern: study.printed.rows[pattern]["ahead"] or 0)
        if best != study.decision.told and (more := study.amount(best, "ahead")):
            yield say("money.dearer", pattern=study.name(best), more=money_short(more, study.currency))


def worth(study: Study) -> Iterator[str]:
    """What the gain is when stopped in time and with every answer checked, and what of it is cash."""
    made, currency = study.decision, study.currency
    row = study.costs.money[made.told]
    if not made.gain or row.gain is None:
        return
    yield from ahead(study)
    if row.staged is not None and not made.prospects.target.never:
        yield say("money.staged", gain=money_short(row.staged, currency), needed=percent(min(made.prospects.target.share or 0.0, 1.0)))
    if row.gain_all_checked:
        yield say("money.all_checked", gain=money_short(row.gain_all_checked.likely, currency))
    if row.gain_cash is None:
        yield say("money.cash_unknown")
    else:
        yield say("money.cash" if row.gain_cash.likely <= row.gain.likely else "money.cash_more", cash=money_short(row.gain_cash.likely, currency))


def left_out(study: Study) -> Iterator[str]:
    """Parts that comparisons between patterns leave out, as something of them is not known, and what checking usually costs."""
    cheapest = study.costs.cheapest
    if not study.decision.gain and not study.decision.replaced and cheapest and max(cheapest, key=lambda p: cheapest[p]) != study.decision.destination:
        yield say("costs.needs")
    if study.left_out:
        yield say("money.left_out", parts=_left(study))
    yield from unchecked(study)


def _left(study: Study) -> str:
    return here(" and ").join(say(f"part.{part}") for part in study.left_out)


def assumptions(study: Study) -> Table:
    """What moves the gain or the total of the destination by 5 % or more, strongest first, and what was set for this client; each with its source."""
    return table_of("", columns("figures.head"), assumed(study), (1, 2, 3))


def assumed(study: Study) -> Iterator[tuple[Cell, ...]]:
    """Rows of `assumptions`."""
    rows = study.inputs.rows
    own = [name for name, row in rows.items() if _own(row) and row.assumption.numeric]
    moving = study.costs.tornado.telling if study.costs.tornado else ()
    return (_assumption(study, study.assumption(name)) for name in dict.fromkeys((*moving, *own)) if name != "discount_rate")


def _own(row: Input) -> bool:
    return row.known and row.changed_by != "price book"


def _assumption(study: Study, row: Input) -> tuple[Cell, ...]:
    low, likely, high = _ends(row.range, 100 if row.assumption.in_percent else 1)
    unit = row.assumption.unit_words(study.currency)
    words = source_of(study, row)
    source = Cell(f"{say('evidence.guess')}, {words}", "guess") if row.guess else Cell(words)
    return Cell(row.assumption.label + ("\u00a0*" if _own(row) else "")), Cell(low), Cell(likely, "strong"), Cell(high), Cell(unit), source


def source_of(study: Study, row: Input) -> str:
    """Where a value comes from, in a client's words: measured, said, worked out from what was said, a price, or a default."""
    if row.assumption.name in study.measured or row.changed_by in ("price book", "negotiated"):
        return row.source
    if row.changed_by == "answer" and row.assumption.by_answer and not row.assumption.answer:
        return say("source.follows", question=study.catalog.criterion(row.assumption.by_answer.criterion).label)
    by = row.changed_by.replace(" ", "_")
    return say(f"source.{by}", source=row.source)


def _ends(value: Estimate | None, scale: float) -> tuple[str, str, str]:
    if value is None:
        return "–", say("unknown"), "–"
    low, likely, high = (told(plain(v * scale), v) for v in (value.low, value.likely, value.high))
    return ("–", likely, "–") if value.fixed else (low, likely, high)
