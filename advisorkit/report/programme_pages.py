"""The page of a programme: what to approve now, what to begin and when, what waits and why, what is built once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.plotted import Plot, Series
from advisorkit.export.blocks import Block, Cell, ChartBlock, Heading, KeyFigure, KeyFigures, Table, Text, table_of
from advisorkit.report.sentences import columns, say
from advisorkit.study.candidates import Weighed
from advisorkit.study.programme import Selection
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.quantities import Band, day, money_short, number, percent


def programme(found: Selection, *, whole: bool = True) -> tuple[Block, ...]:
    """The choice among all workflows of an engagement: what is chosen and what waits, and where it is told in `whole` what that rests on."""
    waiting = dict[str, list[str]]()
    for name, why in found.dropped.items():
        waiting.setdefault(why, []).append(name)
    waits = table_of(say("roadmap.waits"), columns("roadmap.waits_head"), ((_named(found, names), why) for why, names in waiting.items()))
    begun = (KeyFigures(tuple(_figures(found))), *_lines(found), _begun(found), _paid(found)) if found.chosen.starts else _lines(found)
    rests = (
        *((ChartBlock(_map(found)),) if len(found.candidates) > 1 else ()),
        *((_built_once(found),) if found.shared else ()), _completeness(found),
    )  # fmt: skip
    return (Heading(_title(found), 2), *begun, *((waits,) if found.dropped else ()), *(rests if whole else ()))


def consultants(found: Selection) -> tuple[Block, ...]:
    """What the choice rests on, for the consultant: how a sorted list would do, and what a tenth more of each limit would add."""
    lines, currency = list[str](), found.engagement.currency
    if found.chosen.gain - found.by_hand.gain >= 1:
        lines.append(say("roadmap.hand", gain=money_short(found.chosen.gain - found.by_hand.gain, currency)))
    lines += [say(f"roadmap.more.{name}", gain=money_short(gain, currency)) for name, gain in found.one_more.items()]
    return (Text(tuple(lines), "bullets"),) if lines else ()


def _named(found: Selection, names: Iterable[str]) -> str:
    known = {one.workflow.id: one.workflow.name for one in found.rows}
    return ", ".join(known[name] for name in names)


def _span(found: Selection, range: Band) -> str:
    return say("money.span", low=money_short(range.p10, found.engagement.currency), high=money_short(range.p90, found.engagement.currency))


def _title(found: Selection) -> str:
    made, currency = found.chosen, found.engagement.currency
    if not made.starts:
        return say("roadmap.title_none", count=len(found.rows))
    return say("roadmap.title", ask=money_short(found.asks(0), currency), chosen=len(made.starts), count=len(found.rows), gain=money_short(made.gain, currency), months=found.months)


def _figures(found: Selection) -> Iterator[KeyFigure]:
    made, currency, budget = found.chosen, found.engagement.currency, found.programme.budget
    steps = sum(quarter == 0 for quarter in made.starts.values())
    yield KeyFigure(money_short(found.asks(0), currency), say("roadmap.figure.ask", steps=steps))
    yield KeyFigure(money_short(made.gain, currency), say("roadmap.figure.gain", months=found.months, span=_span(found, found.joint.gain)))
    under = "" if budget is None else say("roadmap.figure.left", budget=money_short(budget, currency), left=money_short(max(budget - made.cost, 0.0), currency))
    yield KeyFigure(money_short(made.cost, currency), " ".join(filter(None, (say("roadmap.figure.cost", span=_span(found, found.joint.cost)), under))))
    yield KeyFigure(money_short(sum(saved for *_, saved in found.shared), currency), say("roadmap.figure.saved", parts=len(found.shared)))


def _lines(found: Selection) -> tuple[Block, ...]:
    """What is said beside the figures, in a list; nothing where there is nothing to say."""
    lines = tuple(_said(found))
    return (Text(lines, "bullets"),) if lines else ()


def _said(found: Selection) -> Iterator[str]:
    currency, made, budget = found.engagement.currency, found.chosen, found.programme.budget
    if budget is not None and found.cheapest_pilot is not None and budget < found.cheapest_pilot:
        yield say("roadmap.below", budget=money_short(budget, currency), ask=money_short(found.cheapest_pilot, currency))
    if made.gap:
        yield say("roadmap.gap", share=percent(made.gap))
    names, ends = load_catalog().patterns, Counter(one.decision.destination for one in found.rows if not one.decision.replaced)
    simpler = len(found.rows) - ends.total()
    if ends:
        yield say("roadmap.ends", ends=", ".join(f"{names[one].name} {ends[one]}" for one in PATTERNS if ends[one]))
    if simpler:
        yield say("roadmap.simpler", simpler=simpler)
    if found.quick:
        yield say("roadmap.quick", names=_named(found, found.quick))
    if found.alike:
        yield say("roadmap.alike", pairs="; ".join(_named(found, pair) for pair in found.alike[:3]), count=len(found.alike))
    if found.dropped and found.questions:
        yield say("roadmap.ask", questions="; ".join(say("roadmap.asked", question=asked.rstrip("?"), count=count) for asked, count in found.questions))


def _begun(found: Selection) -> Table:
    rows_of, weighed, currency = {one.workflow.id: one for one in found.rows}, {one.id: one for one in found.candidates}, found.engagement.currency
    rows: list[tuple[str | Cell, ...]] = [
        (
            say("roadmap.wave", n=quarter + 1), Cell(rows_of[name].workflow.name, "strong"), *_patterns(rows_of[name]), _firm(found, rows_of[name]),
            number(round(sum(weighed[name].days.values()))), *(money_short(amount, currency) for amount in (weighed[name].ask, weighed[name].cost, weighed[name].gain)),
            _ranged(found, rows_of[name]),
        ) for name, quarter in found.chosen.starts.items()
    ]  # fmt: skip
    return table_of(say("roadmap.table"), columns("roadmap.head"), rows, (5, 6, 7, 8, 9), note=say("roadmap.note", months=found.months))


def _ranged(found: Selection, row: Weighed) -> str:
    one = row.rank.range
    return _span(found, Band(one.p10, one.p50, one.p90)) if one else "–"


def _firm(found: Selection, row: Weighed) -> str:
    """How firm its advice is, what has to be there first, and what it waits for."""
    after = say("roadmap.after", names=_named(found, row.workflow.after)) if row.workflow.after else ""
    return "; ".join(filter(None, (say("roadmap.firm" if row.decision.clear else "roadmap.open"), say("roadmap.lacks", names=", ".join(row.lacks)) if row.lacks else "", after)))


def _patterns(row: Weighed) -> tuple[Cell, Cell]:
    names, (now, end) = load_catalog().patterns, (row.decision.now, row.decision.destination)
    return Cell(names[now].name, now), Cell(names[end].name, end)


def _paid(found: Selection) -> Table:
    """Money that leaves the house, quarter by quarter."""
    currency, begun = found.engagement.currency, found.chosen.starts
    rows = [
        (
            say("roadmap.quarter", n=n + 1, day=day(found.first_day(n))), _named(found, (name for name, quarter in begun.items() if quarter == n)) or "–",
            money_short(paid.p50, currency), _span(found, paid),
        ) for n, paid in enumerate(found.joint.cash)
    ]  # fmt: skip
    return table_of(say("roadmap.cash"), columns("roadmap.cash_head"), rows, (2, 3), note=say("roadmap.cash_note"))


def _map(found: Selection) -> Plot:
    """Value by effort: what is chosen, and what waits."""
    kinds = [("chosen", [one for one in found.candidates if one.id in found.chosen.starts]), ("waiting", [one for one in found.candidates if one.id not in found.chosen.starts])]
    series = tuple(Series(say(f"roadmap.map.{name}"), "points", tuple(one.cost for one in these), tuple(one.gain for one in these)) for name, these in kinds if these)
    return Plot(title=say("roadmap.map"), titles=tuple(say(f"roadmap.map.{axis}", currency=found.engagement.currency) for axis in ("across", "up")), series=series)  # type: ignore[arg-type]


def _completeness(found: Selection) -> Table:
    topics = load_catalog().topics
    return table_of(say("roadmap.known"), columns("roadmap.known_head"), ((topics[name], percent(share)) for name, share in found.answered.items()), (1,))


def _built_once(found: Selection) -> Table:
    rows = [
        (say("roadmap.platform") if name == "platform" else name, _named(found, users), money_short(saved, found.engagement.currency))
        for name, users, saved in found.shared
    ]  # fmt: skip
    return table_of(say("roadmap.shared"), columns("roadmap.shared_head"), rows, (2,))
