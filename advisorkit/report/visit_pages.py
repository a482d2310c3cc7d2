"""The return visit: what was told, what use has shown, what that is worth, and what to decide now."""

from collections.abc import Iterator, Mapping, Sequence

from advisorkit.advice.decision import about
from advisorkit.catalog.reading import assumptions
from advisorkit.charts.draw_axes import ToldBars, ToldRow
from advisorkit.export.blocks import Block, Callout, ChartBlock, Heading, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.intake.actuals import label, turned
from advisorkit.report.cost_pages import in_unit
from advisorkit.report.job import Report
from advisorkit.report.pilot_pages import pilot_cover
from advisorkit.report.printed import columns, going_on, say
from advisorkit.report.trial_pages import tried
from advisorkit.study.returning import Seen, Visit, visit
from advisorkit.values.people import Measured
from advisorkit.values.places import Placed, at, linked, told
from advisorkit.values.quantities import Estimate, day, money_range, money_short, money_tight, number, percent, plain, span

BEHIND_SAVED = ("minutes_per_item", "minutes_saved_share")
"""What only tells how many minutes are saved; where those were told by themselves it moves no gain."""
SLIDE = 7
"""Most quantities that a slide holds."""


@spoken
def return_visit(report: Report, *, whole: bool = True) -> Iterator[Block]:
    """A page for each workflow whose figures were kept, and below which none were; the `whole` with cover and the sources of what was measured."""
    yield from pilot_cover(report, "visit.cover") if whole else ()
    found = {one.workflow.name: visit(one) for one in report.workflows}
    for name, seen in found.items():
        yield from _page(name, seen, whole=whole) if seen else ()
    if left := [name for name, seen in found.items() if not seen]:
        below = whole and len(left) < len(found)
        yield from (Heading(say("visit.none"), 3) if below else Heading(say("visit.none"), 2, left[0]), Text((say("visit.none_text", names="; ".join(left)),)))


def _page(name: str, seen: Visit, *, whole: bool) -> Iterator[Block]:
    yield from (Heading(_title(seen), 2, name), Text((_lead(seen),), "lead"))
    quantities = seen.study.cite(seen.seen, "visit.seen")
    shown = quantities if whole else _weightiest(quantities)
    bars = (*(_bar(seen, one) for one in shown), *_sums(seen, shown))
    hidden = () if whole else tuple(label(one.name) for one in quantities if one.measured and one not in shown)
    subtitle = linked(" ", (say("visit.chart_subtitle", unit=_unit(seen)), *((say("visit.hidden", names="; ".join(hidden)),) if hidden else ())))
    chart = ToldBars(title=say("visit.chart"), subtitle=subtitle, heads=columns("visit.head", unit=_unit(seen)), bars=bars)
    yield ChartBlock(chart, titled=False)
    yield from ((Text(tuple(_said(seen))),) if whole else ())
    yield Callout(say("visit.decide"), " ".join(_decide(seen)))
    yield from tried(seen.study) if whole else ()
    rows: dict[tuple[str, ...], list[str]] = {}
    for one in seen.study.cite(seen.study.workflow.measured, "measured"):
        rows.setdefault((one.period, one.source or "–", linked("; ", _sample(one)) or "–"), []).append(label(one.quantity))
    if whole and rows:
        yield from (Heading(say("visit.sources")), table_of("", columns("visit.sources_head"), [(linked("; ", names), *about) for about, names in rows.items()]))


def _weightiest(seen: Sequence[Seen]) -> tuple[Seen, ...]:
    """What was measured, as many as a slide holds: what lies outside, then what is worth most."""
    order = sorted((one for one in seen if one.measured), key=lambda one: (one.inside is not False, -abs(one.worth or 0.0)))[:SLIDE]
    return tuple(one for one in seen if one in order)


def _unit(seen: Visit) -> str:
    return in_unit(seen.study.currency, seen.unit)


def _sample(one: Measured) -> Iterator[str]:
    for name, count in (("cases", one.cases), ("people", one.people)):
        if count:
            yield say(f"visit.{name}", count=number(count))
    yield from filter(None, (one.sample,))


def _amount(seen: Visit, value: float) -> str:
    """An amount in the unit in which gains are printed, so that they add up."""
    return told(number(round(value / seen.unit)), value)


def _kept(seen: Visit) -> Mapping[str, Estimate]:
    """What was told, with its places."""
    return seen.study.cite(seen.advised.told, "visit.told")


def _title(seen: Visit) -> str:
    pattern, now, before, currency = seen.study.name(seen.pattern), seen.gain, _kept(seen).get("gain"), seen.study.currency
    if now is None or before is None:
        return say("visit.title.unknown", pattern=pattern)
    if not seen.count:
        return say("visit.title.nothing", pattern=pattern, told=money_short(before.likely, currency))
    amount = told(money_short(abs(now.likely), currency), now.likely)
    return say("visit.title" if now.likely >= 0 else "visit.title.loss", pattern=pattern, now=amount, told=money_short(before.likely, currency), months=seen.study.months)


def _lead(seen: Visit) -> str:
    periods, counts = dict.fromkeys(one.period for one in seen.study.workflow.measured), {name: seen.study.cite(getattr(seen, name), f"visit.{name}") for name in ("inside", "count", "expected")}
    values = {"date": day(seen.advised.date), "periods": next(iter(periods)) if len(periods) == 1 else say("visit.periods")}
    if not seen.count:
        return say("visit.lead.nothing", **values)
    return say("visit.lead.measured", **counts, **values)


def _bar(seen: Visit, one: Seen) -> ToldRow:
    told, found = (_turned(one.name, value) if value else None for value in (one.told, one.measured and one.measured.range))
    where = "open" if one.measured is None else "untold" if one.told is None else "inside" if one.inside else "above" if told and found and found.likely > told.high else "below"
    worth = "" if one.worth is None else _amount(seen, one.worth)
    ends = (told.low, told.likely, told.high) if told else None
    return ToldRow(label(one.name), ends, found.likely if found else None, (*_told(seen, one.name, told), _shown(seen, one.name, found.likely) if found else "–", say(f"visit.lies.{where}"), worth))


def _turned(name: str, value: Estimate) -> Estimate:
    """The quantity as it is told, each end at its place."""
    made, ends = turned(name, value), (value.low, value.likely, value.high)
    if made is value:
        return value
    return Estimate(*(at(end, was.path) if isinstance(was, Placed) else end for end, was in zip((made.low, made.likely, made.high), reversed(ends), strict=True)))


def _told(seen: Visit, name: str, told: Estimate | None) -> tuple[str, str]:
    if told is None:
        return "–", ""
    likely, low, high = (_shown(seen, name, end) for end in (told.likely, told.low, told.high))
    if low != high and name != "gain" and assumptions()[name].in_money:
        return likely, money_range(told.low, told.high, seen.study.currency, money_tight)
    return likely, "" if low == high else span(low, high)


def _shown(seen: Visit, name: str, value: float) -> str:
    if name == "gain":
        return _amount(seen, value)
    row = assumptions()[name]
    return percent(value) if row.in_percent else money_tight(value, seen.study.currency) if row.in_money else plain(value)


def _sums(seen: Visit, shown: Sequence[Seen]) -> Iterator[ToldRow]:
    """What else than the rows `shown` moved the gain, and the gain as it was told and is now; the column adds up to the change."""
    told, now, change = _kept(seen).get("gain"), seen.gain, seen.study.cite(seen.change, "visit.change")
    if told and now and change is not None:
        left = change - sum(round(one.worth / seen.unit) * seen.unit for one in shown if one.worth is not None)
        rest = seen.study.cite(left, "visit.rest") if left == seen.rest else left
        if rest:
            yield ToldRow(say("visit.rest"), None, None, ("", "", "", "", _amount(seen, rest)))
        yield ToldRow(
            say("visit.gain_row", months=seen.study.months, unit=_unit(seen)), (told.low, told.likely, told.high), now.likely,
            (*_told(seen, "gain", told), _amount(seen, now.likely), say("visit.lies.reckoned"), _amount(seen, change)), reckoned=True
        )


def _said(seen: Visit) -> Iterator[str]:
    now, held = seen.gain, seen.study.decision.prospects
    kept, needed = _kept(seen), held.target.share
    if now and "gain" in kept:
        ends = {f"{when}_{name}": money_short(getattr(one, name), seen.study.currency) for when, one in (("told", kept["gain"]), ("now", now)) for name in ("low", "likely", "high")}
        yield say("visit.gain", months=seen.study.months, **ends)
    if nothing := [label(one.name) for one in seen.seen if one.name in BEHIND_SAVED and one.worth is not None and not round(one.worth / seen.unit)]:
        yield say("visit.saved", names="; ".join(nothing))
    chance = held.reach[seen.pattern]
    if needed is not None and not held.target.never and chance is not None and "reach" in kept:
        yield say("visit.reach", needed=percent(min(needed, 1.0)), told=about(kept["reach"].likely), now=about(chance))


def _decide(seen: Visit) -> Iterator[str]:
    """Go on, go on if it is mended, or stop; what lies outside of what was told; what is advised today where that is something else."""
    right, needed = seen.study.prospects.expected_right[seen.pattern].p50, seen.study.prospects.target.share
    ahead, loses = going_on(seen.study, seen.pattern), seen.gain is not None and seen.gain.likely < 0
    if loses and ahead is not None and ahead >= 0:
        yield say("visit.decide.spent")
    if loses and (ahead is None or ahead < 0):
        yield say("visit.decide.stop")
    elif needed is not None and not seen.study.prospects.target.never and right < min(needed, 1.0):
        yield say("visit.decide.mend", right=percent(right), needed=percent(min(needed, 1.0)))
    else:
        yield say("visit.decide.go")
    if outside := [label(one.name) for one in seen.seen if one.inside is False]:
        yield say("visit.decide.outside", names="; ".join(outside))
    if seen.study.decision.destination != seen.pattern:
        yield say("visit.decide.other", headline=seen.study.decision.headline)
