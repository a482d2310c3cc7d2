"""The page of a programme: what to approve now, what to begin and when, what waits and why, what is built once."""

from collections import Counter
from collections.abc import Iterator, Sequence

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.plotted import Plot, Series
from advisorkit.costs.results import Figure
from advisorkit.export.blocks import Block, Cell, ChartBlock, Heading, KeyFigure, KeyFigures, Table, Text, table_of
from advisorkit.report.printed import NAMED, columns, enumerated, project, say
from advisorkit.study.candidates import Aside, Candidate, Weighed, team
from advisorkit.study.programme import DROPPED, Selection
from advisorkit.study.roadmap import beyond
from advisorkit.study.shapes import placed
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.messages import at, linked, told
from advisorkit.values.quantities import Band, day, money_range, money_short, number, percent, sampled

BELOW = 12
"""Workflows that wait which are shown below the line."""
SHOWN = 8
"""Quarters of the calendar; what begins later stands in the last."""


def programme(found: Selection, *, whole: bool = True) -> tuple[Block, ...]:
    """The choice among all workflows of an engagement: what is chosen and what waits, and where it is told in `whole` what that rests on."""
    aside = {one.share.id: one.share.kind for one in found.rows if isinstance(one.share, Aside)}
    dropped = [name for name in found.dropped if aside.get(name) in DROPPED]
    begun = (KeyFigures(tuple(_figures(found))), *_lines(found), _ranked(found), _calendar(found), _paid(found)) if found.chosen.starts else _lines(found)
    whys = (*_whys(found, "drop", dropped), *_whys(found, "waits", [name for name in found.dropped if name not in dropped]))
    rests = (
        *((ChartBlock(_map(found)),) if len(found.candidates) > 1 else ()),
        *((_built_once(found),) if found.shared else ()), _completeness(found),
    )  # fmt: skip
    return (Heading(_title(found), 2), *begun, *whys, *(rests if whole else ()))


def consultants(found: Selection) -> tuple[Block, ...]:
    """What the choice rests on, for the consultant: how a sorted list would do, and what a tenth more of each limit would add."""
    lines, currency = list[str](), found.engagement.currency
    if found.chosen.gain - found.by_hand.gain >= 1:
        lines.append(say("roadmap.hand", gain=money_short(found.chosen.gain - found.by_hand.gain, currency)))
    teams = Counter(team(one.workflow) for one in found.rows if one.share.id in found.chosen.starts)
    open_ = [name for name, times in teams.items() if name and times > 1 and name not in found.programme.team_hours]
    lines += [say("roadmap.team_open", names=", ".join(open_))] if open_ else []
    lines += [say(f"roadmap.more.{name}", gain=money_short(gain, currency)) for name, gain in found.one_more.items() if found.chosen.starts or gain >= 1]
    return (Text(tuple(lines), "bullets"),) if lines else ()


def _whys(found: Selection, table: str, names: Sequence[str]) -> tuple[Table, ...]:
    """Workflows that are not chosen by why they are not; no table where there are none."""
    alike = {why: [name for name in names if found.dropped[name] == why] for why in dict.fromkeys(found.dropped.values())}
    rows = ((why, _named(found, same, f"reasons[{n}].workflows")) for n, (why, same) in enumerate(alike.items()) if same)
    return (table_of(say(f"roadmap.{table}"), columns("roadmap.waits_head"), rows),) if names else ()


def _named(found: Selection, names: Sequence[str], path: str = "") -> str:
    """All by name; of many how many there are, which stands at `path`, and the first."""
    known = {one.workflow.id: one.workflow.name for one in found.rows}
    told = enumerated([known[name] for name in names])
    return told if len(names) <= NAMED else say("roadmap.many", count=at(len(names), path), names=told)


def _span(found: Selection, range: Band | Figure) -> str:
    return money_range(range.p10, range.p90, found.engagement.currency)


def _months(found: Selection) -> float:
    return at(found.months, "horizon_months")


def _title(found: Selection) -> str:
    made, currency = found.chosen, found.engagement.currency
    if not made.starts:
        return say("roadmap.title_none", count=at(len(found.rows), "ranked"))
    return say(
        "roadmap.title", ask=money_short(at(found.asks(0), "sums.ask_now"), currency), chosen=at(len(made.starts), "chosen"),
        count=at(len(found.rows), "ranked"), gain=money_short(at(made.gain, "sums.gain"), currency), months=_months(found)
    )


def _figures(found: Selection) -> Iterator[KeyFigure]:
    made, currency, budget = placed(found.chosen, "sums"), found.engagement.currency, placed(found.programme.budget, "programme.budget")
    steps = sum(quarter == 0 for quarter in made.starts.values())
    yield KeyFigure(money_short(at(found.asks(0), "sums.ask_now"), currency), say("roadmap.figure.ask", steps=at(steps, "waves[0].workflows")))
    yield KeyFigure(money_short(made.gain, currency), say("roadmap.figure.gain", months=_months(found), span=_span(found, placed(found.joint.gain, "sums.gain_range"))))
    under = "" if budget is None else say("roadmap.figure.left", budget=money_short(budget, currency), left=money_short(at(found.left or 0.0, "sums.left"), currency))
    yield KeyFigure(money_short(made.cost, currency), linked("; ", filter(None, (say("roadmap.figure.cost", span=_span(found, placed(found.joint.cost, "sums.cost_range"))), under))))
    if found.shared:
        yield KeyFigure(money_short(at(found.saved, "sums.saved"), currency), say("roadmap.figure.saved", parts=at(len(found.shared), "shared")))


def _lines(found: Selection) -> tuple[Block, ...]:
    """What is said beside the figures, in a list; nothing where there is nothing to say."""
    lines = tuple(_said(found))
    return (Text(lines, "bullets"),) if lines else ()


def _said(found: Selection) -> Iterator[str]:
    currency, made, budget = found.engagement.currency, placed(found.chosen, "sums"), placed(found.programme.budget, "programme.budget")
    if budget is not None and found.cheapest_pilot is not None and budget < found.cheapest_pilot:
        yield say("roadmap.below", budget=money_short(budget, currency), ask=money_short(found.cheapest_pilot, currency))
    if made.gap:
        yield say("roadmap.gap", share=percent(made.gap))
    names, ends = load_catalog().patterns, placed(found.ends, "ends")
    if simpler := len(found.rows) - sum(ends.values()):
        yield say("roadmap.simpler", simpler=simpler)
    if ends:
        yield say("roadmap.ends", ends=linked(", ", (told(f"{names[one].name} {ends[one]}", ends[one]) for one in PATTERNS if ends.get(one))))
    for n, (whose, lost) in enumerate(beyond(found.candidates, made.starts).items()):
        if lost:
            yield say("roadmap.team", team=whose, lost=money_short(at(lost, f"team_hours[{n}].gain_not_counted"), currency))
    if found.quick:
        yield say("roadmap.quick", names=_named(found, found.quick, "quick"))
    if found.alike:
        yield say("roadmap.alike", pairs="; ".join(_named(found, pair) for pair in found.alike[:3]), count=len(found.alike))
    if found.dropped and found.questions:
        asked = ((one.rstrip("?"), at(count, f"questions[{n}].workflows")) for n, (one, count) in enumerate(found.questions))
        yield say("roadmap.ask", questions=linked("; ", (say("roadmap.asked", question=question, count=count) for question, count in asked)))


def _ranked(found: Selection) -> Table:
    """What is chosen in the order in which it begins, and below the line what is worth most of what waits."""
    rows_of, weighed, begun = {one.workflow.id: one for one in found.rows}, {one.id: one for one in found.candidates}, len(found.chosen.starts)
    lines = [_line(found, n, rows_of[name], weighed[name]) for name, n in places(found).items()]
    line: tuple[tuple[str | Cell, ...], ...] = ((Cell(say("roadmap.line"), "strong"), *[""] * 8),) if lines[begun:] else ()
    rows = [*lines[:begun], *line, *lines[begun:]]
    return table_of(say("roadmap.table"), columns("roadmap.head"), rows, range(4, 9), note=say("roadmap.note", months=_months(found)))


def places(found: Selection) -> dict[str, int]:
    """The number of each that is shown."""
    below = [one.id for one in found.candidates if one.id not in found.chosen.starts][:BELOW]
    return {name: n for n, name in enumerate((*found.chosen.starts, *below), 1)}


def _line(found: Selection, place: int, row: Weighed, one: Candidate) -> tuple[str | Cell, ...]:
    currency, path = found.engagement.currency, f"ranked[{found.order.index(one.id)}]"
    one, span, chance = placed(one, path), placed(row.rank.range, f"{path}.gain_range"), placed(row.rank.chance, f"{path}.gain_chance")
    return (
        Cell(f"{place} {row.workflow.name}", "strong" if one.id in found.chosen.starts else ""), *_patterns(row), say("roadmap.firm" if row.decision.clear else "roadmap.open"),
        project(one.ask, currency), *(money_short(amount, currency) for amount in (one.cost, one.gain)), _span(found, span) if span else "–",
        "–" if chance is None else sampled(chance),
    )  # fmt: skip


def _calendar(found: Selection) -> Table:
    """Who builds what in which quarter, what has to be there before, and when it is in use."""
    rows_of, weighed, begun = {one.workflow.id: one for one in found.rows}, {one.id: one for one in found.candidates}, found.chosen.starts
    shown = min(max(start + weighed[name].quarters for name, start in begun.items()), SHOWN)

    def stands(name: str, quarter: int) -> str | Cell:
        first, end = begun[name], begun[name] + weighed[name].quarters
        if quarter == shown - 1 and first > quarter:
            return Cell(say("roadmap.wave", n=first + 1), "muted")
        if quarter >= end:
            return Cell(say("roadmap.used"), "muted")
        return "" if quarter < first else Cell(say("roadmap.pilot" if quarter == first else "roadmap.build"), rows_of[name].decision.now)

    rows = list[tuple[str | Cell, ...]]()
    for name in begun:
        flow, lacks = rows_of[name].workflow, rows_of[name].lacks
        before = say("roadmap.after", names=_named(found, flow.after)) if flow.after else "", say("roadmap.lacks", names=", ".join(lacks)) if lacks else ""
        rows.append((
            "\n".join(filter(None, (flow.name, flow.context.get("owner"), *before))), *(stands(name, quarter) for quarter in range(shown)),
            told(number(round(weighed[name].days_in_all)), at(weighed[name].days_in_all, f"ranked[{found.order.index(name)}].days_in_all"))
        ))
    (first, last), quarters = columns("roadmap.calendar_head"), (say("roadmap.quarter", n=n + 1, day=day(found.first_day(n))) for n in range(shown))
    return table_of(say("roadmap.calendar"), (first, *quarters, last), rows, (shown + 1,), note=say("roadmap.calendar_note"))


def _patterns(row: Weighed) -> tuple[Cell, Cell]:
    names, (now, end) = load_catalog().patterns, (row.decision.now, row.decision.destination)
    return Cell(names[now].name, now), Cell(names[end].name, end)


def _paid(found: Selection) -> Table:
    """Money that leaves the house and what is gained, quarter by quarter."""
    currency, both = found.engagement.currency, enumerate(zip(found.joint.cash, found.joint.gained, strict=True))
    quarters = ((placed(paid, f"cash[{n}]"), placed(gain, f"cash[{n}].gain")) for n, (paid, gain) in both)
    rows = [
        (say("roadmap.quarter", n=n + 1, day=day(found.first_day(n))), *(words for one in both for words in (money_short(one.likely, currency), _span(found, one))))
        for n, both in enumerate(quarters)
    ]  # fmt: skip
    return table_of(say("roadmap.cash"), columns("roadmap.cash_head"), rows, (1, 2, 3, 4), note=say("roadmap.cash_note"))


def _map(found: Selection) -> Plot:
    """Value by effort: what is chosen, and what waits."""
    numbers = places(found)
    kinds = [("chosen", [one for one in found.candidates if one.id in found.chosen.starts]), ("waiting", [one for one in found.candidates if one.id not in found.chosen.starts])]
    series = tuple(
        Series(
            say(f"roadmap.map.{name}"), "points", tuple(one.cost for one in these), tuple(one.gain for one in these),
            words=tuple(str(numbers.get(one.id, "")) for one in these),
        ) for name, these in kinds if these
    )  # fmt: skip
    across, up = (say(f"roadmap.map.{axis}", currency=found.engagement.currency) for axis in ("across", "up"))
    return Plot(title=say("roadmap.map"), subtitle=say("roadmap.map.subtitle"), titles=(across, up), series=series)


def _completeness(found: Selection) -> Table:
    topics = load_catalog().topics
    return table_of(say("roadmap.known"), columns("roadmap.known_head"), ((topics[name], percent(share)) for name, share in placed(found.answered, "answered").items()), (1,))


def _built_once(found: Selection) -> Table:
    rows = [
        (say("roadmap.platform") if name == "platform" else name, _named(found, users, f"shared[{n}].workflows"), money_short(at(saved, f"shared[{n}].saved"), found.engagement.currency))
        for n, (name, users, saved) in enumerate(found.shared)
    ]  # fmt: skip
    return table_of(say("roadmap.shared"), columns("roadmap.shared_head"), rows, (2,))
