"""The charts of the costs."""

from bisect import bisect_right

from advisorkit.charts import kinds
from advisorkit.costs.assumption import Assumption
from advisorkit.costs.flows import Column
from advisorkit.costs.results import CostCurve, Figure, InputSwing, Payback
from advisorkit.report.pictures import ruled_out
from advisorkit.report.printed import say
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.messages import locale, printing
from advisorkit.values.quantities import Band, figures, money_short, number, plain, round_figures, sampled_parts

BARS = 8
"""Most assumptions in the tornado chart."""
SMALL = 0.02
"""Smallest swing shown, as a share of the largest."""


def range_bars(study: Study) -> kinds.RangeBars:
    """All in of every pattern that is left, of today and of a bought product, lowest first; where a part is not known, the patterns' own costs alone."""
    compared: tuple[Column, ...] = ("today", *study.in_play)
    whole = not any(study.costs.money[column].at_least for column in compared)
    rows = [_range(study, column, whole=whole) for column in (*PATTERNS, *_ALSO)]
    known = sorted((r for r in rows if r.range), key=lambda r: r.range[1] if r.range else 0)
    missing = [r for r in rows if r.range is None and r.note]
    return kinds.RangeBars(
        title=say("costs.range_all" if whole else "costs.range", months=study.months), currency=study.currency, bars=(*known, *missing),
        subtitle=say("costs.range_subtitle", draws=number(study.costs.draws)),
    )


_ALSO: tuple[Column, ...] = ("today", "buy")


def _range(study: Study, column: Column, *, whole: bool) -> kinds.RangeRow:
    pattern = column if column in PATTERNS else ""
    if study.status(column) == "ruled_out":
        return kinds.RangeRow(pattern, study.name(column), None, say("costs.out", reason=ruled_out(study.advice, pattern)))  # type: ignore[arg-type]
    row, own = study.costs.money[column], study.costs.columns[column]
    found: Figure | Band | None = (None if row.at_least else row.all_in) if whole else own.total if pattern else None
    if found is None:
        return kinds.RangeRow(pattern, study.name(column), None, _missing(study).get(column, say("costs.missing.pattern")))
    last = study.cite(own.curve.likely[-1], f"patterns.{column}.curve[{len(own.curve.likely) - 1}].likely") if own.curve else None
    likely = found.likely if isinstance(found, Figure) else found.p50 if last is None else last
    return kinds.RangeRow(pattern, study.name(column), (found.p10, likely, found.p90))


def _missing(study: Study) -> dict[Column, str]:
    ramp, lacks = study.advice.off_ramp, study.costs.money["today"].missing
    sold = ramp is not None and ramp.kind == "buy"
    names = ", ".join(study.inputs.rows[name].assumption.label for name in lacks)
    return {"today": say("costs.missing.today", names=names) if lacks else "", "buy": say("costs.missing.buy") if sold else ""}


def gain_row(study: Study, pattern: PatternId, label: str, lacks: str = "") -> kinds.RangeRow:
    """The gain of `pattern` against today as a range about what the table prints; `lacks` where it is not known."""
    found, likely = study.costs.money[pattern].gain, study.gain(pattern)
    known = found is not None and likely is not None and found.p10 is not None and found.p90 is not None
    return kinds.RangeRow(pattern, label, (found.p10, likely, found.p90) if known else None, lacks)  # type: ignore[union-attr, arg-type]


def cheapest_bars(study: Study) -> kinds.ShareBars | None:
    """Chance that each pattern is the cheapest, largest first; None while no total is known."""
    found = sorted(study.costs.cheapest.items(), key=lambda pair: -pair[1])
    shown = sampled_parts(study.costs.cheapest)
    bars = tuple(kinds.ShareRow(p, study.name(p), share, shown[p]) for p, share in found)
    title, subtitle = say("costs.cheapest_title"), say("costs.cheapest_subtitle", draws=number(study.costs.draws))
    return kinds.ShareBars(title=title, subtitle=subtitle, bars=bars) if bars else None


def curves(study: Study) -> kinds.Curves | None:
    """Cumulative cost of the patterns that are left, with the band of the destination; None while no total is known."""
    found = {p: c for p in PATTERNS if study.advice.patterns[p].status != "ruled_out" and (c := study.costs.columns[p].curve)}
    if not found:
        return None
    even = _break_even(study, found)
    back = payback(study)
    title = say("costs.curves_even", first=study.name(back.column), second=say("pattern.prompt"), month=back.likely) if even and back else say("costs.curves", months=study.months)
    return kinds.Curves(
        title=title, subtitle=say("costs.curves_subtitle"), currency=study.currency,
        months=tuple(map(float, next(iter(found.values())).months)), curves=tuple(_curve(study, p, c) for p, c in found.items()), break_even=even,
    )


def _curve(study: Study, pattern: PatternId, curve: CostCurve) -> kinds.Curve:
    ends = {"p10": [one.p10 for one in curve.bands], "likely": curve.likely, "p90": [one.p90 for one in curve.bands]}
    low, likely, high = (tuple(study.cite(one, f"patterns.{pattern}.curve[{n}].{key}") for n, one in enumerate(amounts)) for key, amounts in ends.items())
    return kinds.Curve(pattern, study.name(pattern), *((low, likely, high) if pattern == study.advice.recommended else ((), likely, ())))


def payback(study: Study) -> Payback | None:
    """The destination's payback against a prompt; None where there is none to speak of."""
    first = study.advice.recommended
    return next((p for p in study.costs.payback if p.column == first), None)


def gains(study: Study) -> kinds.Curves | None:
    """Gain of each pattern against today up to each month, with the band of the destination; what it costs where no gain is known."""
    first, rows = study.decision.destination, study.costs.money
    found = {p: rows[p].so_far for p in study.in_play if rows[p].so_far}
    if first not in found:
        return curves(study)
    back, bands = rows[first].payback, [one for one in found[first] if one.p10 is not None and one.p90 is not None]
    ends = {p: points[-1].likely if (gained := study.gain(p)) is None else gained for p, points in found.items()}  # as the table prints it
    low, high_ = (tuple(getattr(one, end) or 0.0 for one in bands) for end in ("p10", "p90"))
    lines = tuple(
        kinds.Curve(p, study.name(p), low if p == first else (), (*(one.likely for one in points[:-1]), ends[p]), high_ if p == first else ())
        for p, points in found.items()
    )
    named = say("gains.back" if back and back.likely else "gains.not_back", pattern=study.name(first), month=back.likely if back else "", months=study.months)
    high = say("costs.even_beyond", months=study.months) if back is None or back.p90 is None else say("costs.even_month", month=back.p90)
    even = kinds.BreakEven(back.likely, 0.0, back.p10 or 0, back.p90, named, say("costs.even_range", low=back.p10 or 0, high=high)) if back and back.likely else None
    return kinds.Curves(title=named, subtitle=say("gains.subtitle"), currency=study.currency, months=tuple(float(one.month) for one in found[first]), curves=lines, break_even=even)


def _break_even(study: Study, found: dict[PatternId, CostCurve]) -> kinds.BreakEven | None:
    back = payback(study)
    if back is None or not back.likely or "prompt" not in found or study.advice.recommended not in found:
        return None
    values = {"first": study.name(back.column), "second": say("pattern.prompt"), "month": back.likely}
    low = back.p10 or 0
    high = say("costs.even_beyond", months=study.months) if back.p90 is None else say("costs.even_month", month=back.p90)
    return kinds.BreakEven(
        back.likely, _at(found[study.advice.recommended], back.likely), low, back.p90,
        say("costs.even_words", **values), say("costs.even_range", low=low, high=high),
    )


def _at(curve: CostCurve, month: float) -> float:
    after = min(bisect_right(curve.months, month), len(curve.months) - 1)
    (m0, m1), (one, other) = curve.months[after - 1 : after + 1], curve.likely[after - 1 : after + 1]
    return one + (other - one) * (month - m0) / (m1 - m0)


def tornado(study: Study, most: int = BARS) -> kinds.Tornado | None:
    """The `most` assumptions that move the gain or saving most; None while that is not known."""
    found = study.costs.tornado
    if found is None or not found.bars:
        return None
    shown = study.gain(found.better)
    turning, gains = [bar for bar in found.bars if min(bar.low, bar.high) < 0 < max(bar.low, bar.high)], found.against == "today"
    some = "none" if not turning else "some" if len(turning) == 1 else "several"
    title = say(f"swing.title.{some}", label=turning[0].label if turning else "")
    return kinds.Tornado(
        title=title, currency=study.currency, base=found.base, swings=tuple(_swing(study, bar) for bar in found.bars[:most] if bar.swing >= SMALL * found.bars[0].swing),
        subtitle=say(
            "swing.gain" if gains else "swing.subtitle", better=study.name(found.better), against="" if gains else say(f"pattern.{found.against}"),
            base=money_short(shown if gains and shown is not None else found.base, study.currency),
        ),
    )


def _swing(study: Study, bar: InputSwing) -> kinds.Swing:
    low, high = (input_words(value, study.inputs.rows[bar.input].assumption, study.currency) for value in (bar.low_value, bar.high_value))
    return kinds.Swing(bar.label, bar.low, bar.high, low, high)


@printing
def input_words(value: float, of: Assumption, currency: str) -> str:
    """An assumption's value in a few letters, for the ends of bars.

    Example:
        >>> values = {"{currency} an item": 3, "{share}": 0.08, "calls a month": 25_000, "calls a day": 3_500}
        >>> [input_words(value, Assumption("a", "A", "", unit, topic="run", source="", checked=""), "EUR") for unit, value in values.items()]
        ['€3', '8%', '25k', '3,500']
    """
    if of.in_money:
        return money_short(value, currency)
    if of.in_percent:
        return locale().share.format(number=figures(value * 100, 2))
    return money_short(value, "").strip() if abs(value) >= 10_000 else plain(round_figures(value, 3))


