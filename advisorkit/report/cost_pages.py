"""Pages about money: what each pattern costs, and what the figures rest on."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.advice.words import how_likely
from advisorkit.costs.inputs import Input
from advisorkit.export.blocks import Block, Cell, ChartBlock, Heading, Table, Text, table_of
from advisorkit.report import cost_pictures as pictures
from advisorkit.report.money_table import cash_years, money_table, unchecked
from advisorkit.report.sentences import columns, say
from advisorkit.study.study import Study
from advisorkit.values.patterns import PATTERNS, PatternId
from advisorkit.values.quantities import (
    SYMBOLS,
    Band,
    Estimate,
    day,
    money_short,
    number,
    percent,
    plain,
    round_figures,
    sampled,
)


def costs(study: Study) -> tuple[Block, ...]:
    """Ranges of every pattern and of today, how cost builds up, and where the money goes; one line where no money is told."""
    if not study.priced:
        return Heading(say("money.title"), 2, study.workflow.name), Text((say("money.none"),))
    if study.decision.replaced and study.decision.off_ramp:
        ramp = study.catalog.off_ramps[study.decision.off_ramp.kind]
        return Heading(say("money.title"), 2, study.workflow.name), Text((say("money.simpler", name=ramp.name),))
    years = cash_years(study)
    return (
        Heading(_title(study), 2, study.workflow.name), money_table(study),
        *((Text(lines, "bullets"),) if (lines := (*said(study), *_cheapest(study))) else ()), ChartBlock(pictures.range_bars(study)), *_curves(study),
        *((years,) if years else ()),
    )


def _title(study: Study) -> str:
    if study.decision.gain:
        return study.decision.gain.rstrip(".")
    first = max(PATTERNS, key=lambda p: study.costs.cheapest.get(p, 0))
    chance = study.costs.cheapest.get(first, 0)
    key = "costs.title.clear" if chance >= 0.6 else "costs.title.open" if chance else "costs.title.unknown"
    return say(key, pattern=study.name(first), sure=say(f"sure.{how_likely(chance)}"), months=study.months)


def _cheapest(study: Study) -> Iterator[str]:
    found = sorted(study.costs.cheapest.items(), key=lambda pair: -pair[1])
    if found:
        yield say("costs.cheapest", shares=", ".join(f"{study.name(p)} {sampled(s)}" for p, s in found))


def said(study: Study) -> Iterator[str]:
    """What the destination saves and gains, and from which volume on, in sentences."""
    first = study.advice.recommended
    yield from gained(study)
    if first in study.costs.cheapest and (gap := _gap(study, first)):
        middle, low, high = (money_short(v, study.currency) for v in (abs(gap.p50), gap.p10, gap.p90))
        key = "costs.saving" if gap.p50 >= 0 else "costs.dearer"
        yield say(key, pattern=study.name(first), middle=middle, low=low, high=high, months=study.months)
    for even in study.costs.break_even:
        if even.between == ("prompt", first) and even.calls_per_month and "prompt" in study.in_play:
            yield say("costs.even_calls", pattern=study.name(first), calls=number(round_figures(even.calls_per_month)), reason=even.reason)
    yield from left_out(study)


def gained(study: Study) -> Iterator[str]:
    """What the destination gains against today and on which condition, its range, what it is worth when stopped in time, what of it is cash."""
    first, currency, made = study.decision.destination, study.currency, study.decision
    row = study.costs.money[first]
    if not made.gain or row.gain is None:
        return
    yield made.gain
    yield say("money.gain_range", low=money_short(row.gain.p10, currency), high=money_short(row.gain.p90, currency), chance=sampled(row.gain_chance or 0.0))
    if row.staged is not None:
        yield say("money.staged", gain=money_short(row.staged, currency), needed=percent(min(made.prospects.target.share or 0.0, 1.0)))
    if row.gain_all_checked:
        yield say("money.all_checked", gain=money_short(row.gain_all_checked.likely, currency))
    yield say("money.cash" if row.gain_cash else "money.cash_unknown", cash=money_short(row.gain_cash.likely, currency) if row.gain_cash else "")


def left_out(study: Study) -> Iterator[str]:
    """Parts that comparisons between patterns leave out, as something of them is not known, and what checking usually costs."""
    if study.left_out:
        yield say("money.left_out", parts=", ".join(say(f"part.{part}") for part in study.left_out))
    yield from unchecked(study)


def _gap(study: Study, first: PatternId) -> Band | None:
    found = [d.amount for d in study.costs.differences if (d.left, d.right) == ("prompt", first)]
    return found[0] if found and "prompt" in study.costs.cheapest else None


def _curves(study: Study) -> Iterator[Block]:
    chart = pictures.curves(study)
    if chart is not None:
        yield ChartBlock(chart)


def figures(study: Study) -> tuple[Block, ...]:
    """Assumptions with their sources, what moves the result most, and the age of the prices; nothing where no money is told."""
    if not study.priced or study.decision.replaced:
        return ()
    return (
        Heading(say("figures.title"), 2, study.workflow.name), Text((say("figures.lead"),), "lead"), Text((" ".join((_models(study), *_fresh(study))),)),
        assumptions(study), *_swings(study), *_old_prices(study),
    )


def assumptions(study: Study) -> Table:
    """What moves the gain or the total of the destination by 5 % or more, strongest first, and what was set for this client; each with its source."""
    return table_of("", columns("figures.head"), (_assumption(study, row) for row in _listed(study)), (1, 2, 3))


def _listed(study: Study) -> list[Input]:
    rows = study.inputs.rows
    own = [name for name, row in rows.items() if _own(row) and row.assumption.numeric]
    moving = study.costs.tornado.telling if study.costs.tornado else ()
    return [rows[name] for name in dict.fromkeys((*moving, *own)) if name != "discount_rate"]


def _own(row: Input) -> bool:
    return row.known and row.changed_by != "price book"


def _models(study: Study) -> str:
    rate = study.inputs.rows["discount_rate"].range
    words = {"model": study.inputs.word("model"), "tuned": study.inputs.word("tuned_model")}
    told = say("figures.models", discount=percent(rate.likely if rate else 0), **words)
    return f"{told} {say('figures.hosting')}" if study.inputs.word("tuned_hosting") == "api" else told


def _assumption(study: Study, row: Input) -> tuple[Cell, ...]:
    low, likely, high = _ends(row.range, 100 if row.assumption.in_percent else 1)
    unit = row.assumption.unit_in(SYMBOLS.get(study.currency, study.currency).strip(), "%")
    words = source_of(study, row)
    source = Cell(f"{say('evidence.guess')}, {words}", "guess") if row.guess else Cell(words)
    return Cell(row.assumption.label + ("\u00a0*" if _own(row) else "")), Cell(low), Cell(likely, "strong"), Cell(high), Cell(unit), source


def source_of(study: Study, row: Input) -> str:
    """Where a value comes from, in a client's words: measured, said, worked out from what was said, a price, or a default."""
    measured = study.pilot.assumptions if study.pilot else {}
    if row.assumption.name in measured or row.changed_by in ("price book", "negotiated"):
        return row.source
    if row.changed_by == "answer" and row.assumption.by_answer and not row.assumption.answer:
        return say("source.follows", question=study.catalog.criterion(row.assumption.by_answer.criterion).label)
    by = row.changed_by.replace(" ", "_")
    return say(f"source.{by}", source=row.source)


def _ends(value: Estimate | None, scale: float) -> tuple[str, str, str]:
    if value is None:
        return "–", say("unknown"), "–"
    low, likely, high = (plain(v * scale) for v in (value.low, value.likely, value.high))
    return ("–", likely, "–") if value.fixed else (low, likely, high)


def _swings(study: Study) -> Iterator[Block]:
    chart = pictures.tornado(study)
    if chart is not None:
        yield ChartBlock(chart)


def _fresh(study: Study) -> Iterator[str]:
    ages = study.inputs.prices()
    listed = [age for age in ages if not age.lasting]
    if listed and all(age.state == "fresh" for age in ages):
        oldest = max(listed, key=lambda age: age.age_days)
        yield say("figures.fresh", count=len(listed), days=oldest.age_days, date=day(oldest.as_of))
    if surveyed := [age for age in ages if age.lasting]:
        yield say("figures.surveyed", count=len(surveyed), year=min(age.as_of for age in surveyed).year)


def _old_prices(study: Study) -> Iterator[Block]:
    old = sorted((age for age in study.inputs.prices() if age.state != "fresh"), key=lambda age: -age.age_days)
    if old:
        rows = tuple((Cell(a.id), Cell(day(a.as_of)), Cell(say("figures.stale", days=a.age_days), "stale")) for a in old)
        yield Table(say("figures.prices"), _head("figures.prices_head"), rows, (False, False, True))


def _head(key: str) -> tuple[Cell, ...]:
    return tuple(Cell(name) for name in columns(key))

