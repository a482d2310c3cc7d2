"""Pages about money: what each pattern costs, and what the figures rest on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from advisorkit.advice.words import how_likely
from advisorkit.costs.inputs import Input
from advisorkit.export.blocks import Block, Cell, ChartBlock, Heading, Table, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.report import cost_pictures as pictures
from advisorkit.report.advice_pages import asked
from advisorkit.report.money_table import in_unit, money_table, unchecked, whole
from advisorkit.report.pictures import path_stairs
from advisorkit.report.printed import columns, say
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.messages import here, linked, locale, or_nought, told
from advisorkit.values.quantities import Estimate, day, money_short, number, percent, plain, round_figures, sampled, sampled_parts


@spoken
def costs(study: Study) -> tuple[Block, ...]:
    """The money and the path: the table, how cost builds up, what moves the gain, the steps, who does what by when; nothing where something simpler fits."""
    if study.decision.replaced:
        return ()
    way = (Heading(say("path.title")), ChartBlock(replace(path_stairs(study), subtitle=""), titled=False))
    if not study.priced:
        return (Heading(say("path.page"), 2, study.workflow.name), Text((say("money.none"),)), *way, *asked(study), *steps(study))
    curve, swings, lines = pictures.gains(study), pictures.tornado(study, 5), (*worth(study), *left_out(study))
    left = (Heading(curve.title, column="left"), ChartBlock(curve, titled=False)) if curve else ()
    right = (Heading(swings.title, column="right"), ChartBlock(swings, titled=False)) if swings else ()
    return (Heading(_title(study), 2, study.workflow.name), money_table(study), *((Text((linked(" ", lines),), "note"),) if lines else ()), *left, *right, *way, *steps(study))


def steps(study: Study, *, everywhere: bool = False) -> Iterator[Block]:
    """What was agreed to be done, by day and owner; where there are several workflows it stands once, `everywhere`."""
    if everywhere or len(study.engagement.workflows) == 1:
        roles = {one.name: one.role for one in study.engagement.team}
        left = sorted((one for one in study.engagement.actions if one.state == "open"), key=lambda one: one.date or date.max)
        rows = [(day(one.date) if one.date else "–", one.act, ", ".join(filter(None, (one.owner, roles.get(one.owner))))) for one in left]
        yield from ((Heading(say("steps.title")), table_of("", columns("steps.head"), rows)) if rows else ())


def _title(study: Study) -> str:
    if found := study.decision.gained:
        goal, held = study.decision.destination, study.decision.prospects
        title = say("costs.title.gain" if found.gain >= 0 else "costs.title.loss", pattern=study.name(goal), gain=told(money_short(abs(found.gain), found.currency), found.gain), months=found.months)
        return say("costs.title.if", right=percent(held.expected_right[goal].p50), title=title) if held.missed(goal) else title
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
    row = study.costs.money[study.decision.destination]
    if study.decision.gain and row.gain is not None:
        yield study.decision.gain
        low, high = (money_short(end, study.currency) for end in (row.gain.p10, row.gain.p90))
        yield say("money.gain_range", low=low, high=high, chance=sampled(or_nought(row.gain_chance)))
        yield from worth(study)


def ahead(study: Study) -> Iterator[str]:
    """That another pattern comes out better in money, and why it is not advised for that; nothing where none does."""
    if study.decision.gain:
        best = max(study.in_play, key=lambda pattern: study.printed.rows[pattern]["ahead"] or 0)
        if more := study.amount(best, "ahead"):
            yield say("money.dearer", pattern=study.name(best), more=money_short(more, study.currency))


def worth(study: Study) -> Iterator[str]:
    """What the gain is when stopped in time and with every answer checked, and what of it is cash."""
    made, currency = study.decision, study.currency
    row = study.costs.money[made.destination]
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
    return (_assumption(study, row) for row in _listed(study))


def _listed(study: Study) -> list[Input]:
    rows = study.inputs.rows
    own = [name for name, row in rows.items() if _own(row) and row.assumption.numeric]
    moving = study.costs.tornado.telling if study.costs.tornado else ()
    return [study.assumption(name) for name in dict.fromkeys((*moving, *own)) if name != "discount_rate"]


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
