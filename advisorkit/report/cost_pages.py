"""Pages about money: what each pattern costs, and what the figures rest on."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.advice.words import how_likely
from advisorkit.costs.inputs import Input
from advisorkit.export.blocks import Block, Cell, ChartBlock, Heading, Table, Text
from advisorkit.report import cost_pictures as pictures
from advisorkit.report.money_table import cash_years, money_table, printed
from advisorkit.report.printed import sampled
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
)

USE = frozenset({"million_tokens", "thousand_searches", "gpu_months"})
"""Units of run lines that are paid by use; the others are upkeep."""
ROWS = 7
"""Most assumptions listed."""


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
    if first in study.costs.cheapest and (gap := _gap(study, first)):
        middle, low, high = (money_short(v, study.currency) for v in (abs(gap.p50), gap.p10, gap.p90))
        key = "costs.saving" if gap.p50 >= 0 else "costs.dearer"
        yield say(key, pattern=study.name(first), middle=middle, low=low, high=high, months=study.months)
    for even in study.costs.break_even:
        if even.between == ("prompt", first) and even.calls_per_month and "prompt" in study.in_play:
            yield say("costs.even_calls", pattern=study.name(first), calls=number(round_figures(even.calls_per_month)), reason=even.reason)
    yield from gained(study)
    if parts := left_out(study):
        yield say("money.left_out", parts=parts)


def gained(study: Study) -> Iterator[str]:
    """What the destination gains against today, as the table prints it; nothing where it is not known."""
    first = study.decision.destination
    row, seen = study.costs.money[first], printed(study)
    if row.gain and row.gain_chance is not None:
        gain = seen.rows[first]["gain"] or 0
        low, high = (money_short(end, study.currency) for end in (row.gain.p10, row.gain.p90))
        yield say(
            "money.gain" if gain >= 0 else "money.loss", pattern=study.name(first), months=study.months, gain=money_short(abs(gain) * seen.unit, study.currency),
            low=low, high=high, chance=sampled(row.gain_chance),
        )


def left_out(study: Study) -> str:
    """Parts that comparisons between patterns leave out, as something of them is not known."""
    parts = dict.fromkeys(part for pattern in study.in_play for part in study.costs.money[pattern].unknown if part in ("checking", "wrong"))
    return ", ".join(say(f"part.{part}") for part in parts)


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
        Table("", _head("figures.head"), tuple(_assumption(row, study.currency) for row in _listed(study)), (False, True, True, True, False, False)),
        *_swings(study), *_old_prices(study),
    )


def _listed(study: Study) -> list[Input]:
    rows = study.inputs.rows
    own = [name for name, row in rows.items() if row.known and row.changed_by != "price book" and row.assumption.numeric]
    moving = [bar.input for bar in study.costs.tornado.bars[:pictures.BARS]] if study.costs.tornado else []
    return [rows[name] for name in dict.fromkeys((*moving, *own)) if name != "discount_rate"][:ROWS]


def _models(study: Study) -> str:
    rate = study.inputs.rows["discount_rate"].range
    words = {"model": study.inputs.word("model"), "tuned": study.inputs.word("tuned_model")}
    told = say("figures.models", discount=percent(rate.likely if rate else 0), **words)
    return f"{told} {say('figures.hosting')}" if study.inputs.word("tuned_hosting") == "api" else told


def _assumption(row: Input, currency: str) -> tuple[Cell, ...]:
    star = "\u00a0*" if row.known and row.changed_by != "price book" else ""
    low, likely, high = _ends(row.range, 100 if row.assumption.in_percent else 1)
    unit = row.assumption.unit_in(SYMBOLS.get(currency, currency).strip(), "%")
    return Cell(row.assumption.label + star), Cell(low), Cell(likely, "strong"), Cell(high), Cell(unit), _source(row)


def _source(row: Input) -> Cell:
    said = {"answer": say("source.answer"), "workflow": say("source.client"), "engagement": say("source.client")}.get(row.changed_by, row.source)
    return Cell(f"{say('evidence.guess')}, {said}", "guess") if row.guess else Cell(said)


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

