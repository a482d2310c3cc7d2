"""Pages about the whole engagement: its cover, and the programme of several workflows; what to approve now, what to begin and when, what waits and why, what is built once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from advisorkit.advice.decision import Decision
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.plotted import Plot, Series
from advisorkit.costs.results import Figure
from advisorkit.export.blocks import Block, Cell, ChartBlock, Cover, Heading, KeyFigure, KeyFigures, Table, Text, table_of
from advisorkit.export.brand import Brand
from advisorkit.report.cost_pages import in_unit, steps, whole
from advisorkit.report.printed import NAMED, columns, count, enumerated, say, weeks
from advisorkit.study.candidates import Aside, Candidate, Weighed, as_project, team
from advisorkit.study.programme import DROPPED, Selection
from advisorkit.study.roadmap import beyond
from advisorkit.study.shapes import placed
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.messages import here, locale
from advisorkit.values.people import due
from advisorkit.values.places import at, linked, told
from advisorkit.values.quantities import Band, day, money_range, money_short, number, percent, sampled, span

Told = Study | Weighed


def cover(studies: Sequence[Study], brand: Brand) -> tuple[Block, ...]:
    """The cover: title, what it is about, how far it has come, client, date, sender."""
    engagement = studies[0].engagement
    about = say("cover.one", workflow=studies[0].workflow.name) if len(studies) == 1 else say("cover.many", count=count(len(studies)))
    return (cover_of(say("cover.title"), "; ".join((about, *basis(studies[0]), *_status(studies))), engagement, brand),)


def cover_of(title: str, about: str, engagement: Engagement, brand: Brand, *, leaflet: bool = False, running: str = "") -> Cover:
    """The cover of a document about an engagement."""
    worn, on = replace(brand, confidentiality=here(brand.confidentiality)), engagement.as_of
    return Cover(title, about, engagement.client, day(on), sample_words(engagement), worn, locale().language, leaflet, on.isoformat(), running)


def _status(studies: Sequence[Study]) -> tuple[str, ...]:
    """How far all workflows have come: as far as the one that has come least."""
    told, seen = {one.workflow.status for one in studies}, studies[0].engagement.reviewed_by
    least = next(status for status in ("draft", "reviewed", "final") if status in told)
    by = (say("cover.reviewed", name=seen.name, date=day(seen.date)),) if seen and least != "draft" else ()
    return (say(f"cover.status.{least}"), *by)


def basis(study: Study) -> tuple[str, ...]:
    """Scenario, currency and horizon, as a cover names them."""
    money = say("cover.money", currency=study.currency, months=study.months)
    return (*scenario_words(study.engagement), *((money,) if study.priced else ()))


def scenario_words(engagement: Engagement) -> tuple[str, ...]:
    """Which scenario is laid over the file, or what was set for this run; nothing for the file as it stands."""
    return (say("cover.scenario", name=engagement.scenario),) if engagement.scenario else ()


def sample_words(engagement: Engagement) -> str:
    """What a cover says of a sample; empty for a real client."""
    return say("cover.sample" if engagement.priced else "cover.sample_published") if engagement.sample else ""


def overview(studies: Sequence[Study]) -> tuple[Block, ...]:
    """Several workflows whose money is not told, the firmest advice first; nothing for one."""
    if len(studies) == 1:
        return ()
    rows = ((_named(study.workflow), Cell(study.name(study.decision.now), study.decision.now), _goal(study.decision), Cell(_right(study.decision))) for study in ordered(studies))
    lines = (*_overridden(studies), *_missing(studies), *_unclear(studies))
    return (
        Heading(on_how_many(studies), 2, say("overview.part")), Text((say("overview.lead"),), "lead"),
        table_of(say("overview.firmest"), columns("overview.head"), rows, (3,)), *((Text(lines, "bullets"),) if lines else ()), *steps(studies[0].engagement, everywhere=True),
    )  # fmt: skip


def ordered(studies: Sequence[Study]) -> list[Study]:
    """The firmest advice first; what something simpler fits comes last."""
    return sorted(studies, key=lambda one: (one.decision.ended, -one.decision.chances[one.decision.destination]))


def on_how_many(studies: Sequence[Study]) -> str:
    """On how many of several workflows the advice is clear."""
    return say("overview.title", clear=sum(one.decision.clear or one.decision.ended for one in studies), workflows=len(studies))


def _named(workflow: Workflow) -> Cell:
    return Cell("\n".join(filter(None, (workflow.name, workflow.context.get("owner") or workflow.context.get("department")))), "strong")


def _way(made: Decision) -> Cell:
    """The pattern now, and below it the one that it will probably become."""
    return Cell("\n".join(dict.fromkeys((load_catalog().patterns[made.now].name, _goal(made).text))), made.now)


def _goal(made: Decision) -> Cell:
    return Cell(instead) if (instead := made.instead) else Cell(load_catalog().patterns[made.destination].name, made.destination)


def _right(made: Decision) -> str:
    """Share right that is expected of the destination, beside what is needed."""
    held = made.prospects
    right, needed = percent(held.expected_right[made.told].p50), held.target.share
    return "–" if made.ended else right if needed is None else say("overview.right", right=right, needed=percent(min(needed, 1.0)))


def _overridden(found: Iterable[Told]) -> Iterator[str]:
    return (f"{one.workflow.name}: {one.decision.override}" for one in found if one.decision.override)


def _missing(found: Iterable[Told]) -> Iterator[str]:
    """Those that will probably miss what is asked for, which is what could stop them."""
    names = [one.workflow.name for one in found if not one.decision.ended and one.decision.prospects.outlook(one.decision.told) == "missed" and not one.decision.prospects.target.never]
    if names:
        yield say("overview.missed", names=enumerated(names, "; "))


def _unclear(found: Iterable[Told]) -> Iterator[str]:
    names = [one.workflow.name for one in found if not one.decision.clear and not one.decision.ended]
    if names:
        yield say("overview.unclear", names=enumerated(names, "; "))


BELOW = 12
"""Workflows that wait which are shown below the line."""
FEW = 6
"""Workflows in no sum that are named beside the figures; of more it is said how many there are."""
SHOWN = 8
"""Quarters of the calendar; what begins later stands in the last."""


def programme(found: Selection, *, full: bool = True) -> tuple[Block, ...]:
    """The choice among all workflows of an engagement: what is chosen and what waits, and where it is told in `full` by quarter and with what that rests on."""
    aside, chosen = {one.share.id: one.share.kind for one in found.rows if isinstance(one.share, Aside)}, found.chosen.starts
    dropped = [name for name in found.dropped if aside.get(name) in DROPPED]
    alone = () if full else (say("roadmap.why", names=names, why=why) for why, names in _reasons(found, [*found.dropped]))
    lines = (*_said(found, full=full), *alone)
    whys = (*_whys(found, "drop", dropped), *_whys(found, "waits", [name for name in found.dropped if name not in dropped]))
    return (
        Heading(_approved(found), 2, say("overview.part")), *((KeyFigures(tuple(islice(_figures(found), 4))),) if chosen else ()), *((Text(lines, "bullets"),) if lines else ()),
        *((_ranked(found),) if places(found) else ()), *((_calendar(found),) if chosen and (full or any(chosen.values())) else ()), *((_paid(found),) if chosen and full else ()),
        *((*whys, *_rests(found)) if full else ()), *steps(found.engagement, everywhere=True),
    )  # fmt: skip


def _rests(found: Selection) -> Iterator[Block]:
    if len(found.candidates) > 1:
        yield ChartBlock(_map(found))
    yield from ((_built_once(found),) if found.shared else ())
    yield _completeness(found)


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
    return (table_of(say(f"roadmap.{table}"), columns("roadmap.waits_head"), _reasons(found, names)),) if names else ()


def _reasons(found: Selection, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each reason with the workflows of which it holds."""
    for n, why in enumerate(dict.fromkeys(found.dropped.values())):
        if same := [name for name in names if found.dropped[name] == why]:
            yield why, _named_all(found, same, f"reasons[{n}].workflows")


def _named_all(found: Selection, names: Sequence[str], path: str = "") -> str:
    """All by name; of many how many there are, which stands at `path`, and the first."""
    known = {one.workflow.id: one.workflow.name for one in found.rows}
    told = enumerated([known[name] for name in names])
    return told if len(names) <= NAMED else say("roadmap.many", count=at(len(names), path), names=told)


def _span(found: Selection, range: Band | Figure) -> str:
    return money_range(range.p10, range.p90, found.engagement.currency)


def _ends(found: Selection, range: Band | Figure) -> str:
    return span(whole(range.p10, found.unit), whole(range.p90, found.unit))


def _months(found: Selection) -> float:
    return at(found.months, "horizon_months")


def _approved(found: Selection) -> str:
    sums, currency = placed(found.sums, "sums"), found.engagement.currency
    if not found.chosen.starts and found.apart:
        return say("roadmap.title_apart", count=at(len(found.apart), "apart"), ask=money_short(at(found.asked_apart, "sums.asked_apart"), currency))
    if not found.chosen.starts:
        return say("roadmap.title_none", count=at(len(found.rows), "ranked"))
    return say(
        "roadmap.title" if sums.ask_now else "roadmap.title_free", ask=money_short(sums.ask_now, currency), chosen=at(len(found.chosen.starts), "chosen"),
        count=at(len(found.rows), "ranked"), gain=money_short(sums.gain, currency), months=_months(found)
    )


def _figures(found: Selection) -> Iterator[KeyFigure]:
    sums, currency, budget = placed(found.sums, "sums"), found.engagement.currency, placed(found.programme.budget, "programme.budget")
    steps_now = sum(quarter == 0 for quarter in found.chosen.starts.values())
    yield KeyFigure(money_short(sums.ask_now, currency), say("roadmap.figure.ask", steps=at(steps_now, "waves[0].workflows")))
    yield KeyFigure(money_short(sums.gain, currency), say("roadmap.figure.gain", months=_months(found), span=_span(found, placed(found.joint.gain, "sums.gain_range"))))
    under = "" if budget is None else say("roadmap.figure.left", budget=money_short(budget, currency), left=money_short(at(found.left or 0.0, "sums.left"), currency))
    yield KeyFigure(money_short(sums.cost, currency), linked("; ", filter(None, (say("roadmap.figure.cost", span=_span(found, placed(found.joint.cost, "sums.cost_range"))), under))))
    for last, act in due(found.engagement.actions, found.engagement.as_of)[:1]:
        yield KeyFigure(day(last, year=False), act)
    if found.shared:
        yield KeyFigure(money_short(at(found.saved, "sums.saved"), currency), say("roadmap.figure.saved", parts=at(len(found.shared), "shared")))


def _said(found: Selection, *, full: bool) -> Iterator[str]:
    """What is said beside the figures; what does not bear on the choice only in `full`."""
    currency, made, budget = found.engagement.currency, found.chosen, placed(found.programme.budget, "programme.budget")
    begun = [one for one in found.rows if one.workflow.id in made.starts]
    yield from (*_overridden(found.rows), *_missing(begun), *_unclear(begun))
    if found.apart and made.starts:
        few = len(found.apart) <= FEW
        these = _named_all(found, [one.workflow.id for one in found.apart]) if few else say("roadmap.several", count=at(len(found.apart), "apart"))
        yield say("roadmap.apart", names=these, ask=money_short(at(found.asked_apart, "sums.asked_apart"), currency))
    if budget is not None and found.cheapest_pilot is not None and budget < found.cheapest_pilot:
        yield say("roadmap.below", budget=money_short(budget, currency), ask=money_short(found.cheapest_pilot, currency))
    if made.gap:
        yield say("roadmap.gap", share=percent(at(made.gap, "sums.gap")))
    names, ends = load_catalog().patterns, placed(found.ends, "ends")
    if simpler := sum(one.decision.replaced and one.decision.next_step.action != "stop" for one in found.rows):
        yield say("roadmap.simpler", simpler=simpler)
    if stopped := len(found.rows) - sum(ends.values()) - simpler:
        yield say("roadmap.stopped", stopped=stopped)
    if ends and full:
        yield say("roadmap.ends", ends=linked(", ", (told(f"{names[one].name} {ends[one]}", ends[one]) for one in PATTERNS if ends.get(one))))
    for n, (whose, lost) in enumerate(beyond(found.candidates, made.starts).items()):
        if lost:
            yield say("roadmap.team", team=whose, lost=money_short(at(lost, f"team_hours[{n}].gain_not_counted"), currency))
    if found.quick and full:
        yield say("roadmap.quick", names=_named_all(found, found.quick, "quick"))
    if found.alike:
        yield say("roadmap.alike", pairs="; ".join(_named_all(found, pair) for pair in found.alike[:3]), count=len(found.alike))
    if found.dropped and found.questions and full:
        first = ((one.rstrip("?"), at(count, f"questions[{n}].workflows")) for n, (one, count) in enumerate(found.questions))
        yield say("roadmap.ask", questions=linked("; ", (say("roadmap.asked", question=question, count=count) for question, count in first)))


def _ranked(found: Selection) -> Table:
    """What is chosen in the order in which it begins with its sums, and below the line what is worth most of what waits."""
    rows_of, begun = {one.workflow.id: one for one in found.rows}, len(found.chosen.starts)
    lines = [_chosen(found, n, rows_of[name]) for name, n in places(found).items()]
    line: tuple[tuple[str | Cell, ...], ...] = ((Cell(say("roadmap.line"), "strong"), *[""] * 6),) if begun and lines[begun:] else ()
    rows = [*lines[:begun], *(_totals(found) if begun > 1 else ()), *line, *lines[begun:]]
    subtitle = say("roadmap.subtitle", unit=in_unit(found.engagement.currency, found.unit), months=_months(found))
    return table_of(say("roadmap.table"), columns("roadmap.head"), rows, range(2, 7), subtitle=subtitle, note=say("roadmap.note"))


def _totals(found: Selection) -> Iterator[tuple[str | Cell, ...]]:
    """What sharing and later starts change, and the sums of what is printed."""
    sums, more = placed(found.sums, "sums"), any(found.chosen.starts.values()) or any(beyond(found.candidates, found.chosen.starts).values())
    if sums.cost_spared or sums.gain_moved:
        moved = tuple(whole(amount, found.unit) if amount else "" for amount in (sums.cost_spared, sums.gain_moved))
        yield say("roadmap.moved" if more else "together.saved"), *[""] * 3, *moved, ""
    asked = whole(sums.ask_now, found.unit) if set(found.chosen.starts.values()) == {0} else say("roadmap.asked_now", ask=whole(sums.ask_now, found.unit))
    gain = linked("\n", (whole(sums.gain, found.unit), _ends(found, placed(found.joint.gain, "sums.gain_range"))))
    yield tuple(Cell(words, "strong") for words in (say("together.all"), "", "", asked, whole(sums.cost, found.unit), gain, ""))


def places(found: Selection) -> dict[str, int]:
    """The number of each that is shown: what is chosen and what waits; where nothing is, of what nobody knows yet whether it pays."""
    below = ([one.id for one in found.candidates if one.id not in found.chosen.starts] or [one.workflow.id for one in found.apart if not found.chosen.starts])[:BELOW]
    return {name: n for n, name in enumerate((*found.chosen.starts, *below), 1)}


def _chosen(found: Selection, place: int, row: Weighed) -> tuple[str | Cell, ...]:
    path, made, name = f"ranked[{found.order.index(row.workflow.id)}]", row.decision, row.workflow.id
    one, reach, chance = placed(row.share, path), placed(row.rank.range, f"{path}.gain_range"), placed(row.rank.chance, f"{path}.gain_chance")
    named = linked("\n", (f"{place} {row.workflow.name}", *filter(None, (row.workflow.context.get("owner") or row.workflow.context.get("department"),))))
    asked = "–" if row.ask is None else linked("\n", (told(whole(as_project(row.ask), found.unit), at(row.ask, f"{path}.ask")), weeks(at(row.weeks or 0.0, f"{path}.weeks"))))
    cost = whole(one.cost, found.unit) if isinstance(one, Candidate) else "–"
    kept = say("unknown") if row.rank.kept is None else whole(placed(row.rank.kept, f"{path}.gain_counted"), found.unit)
    gain = linked("\n", (kept, *((_ends(found, reach),) if reach else ()), *((say("roadmap.assumed"),) if row.rank.assumed else ())))
    return (
        Cell(named, "strong" if name in found.chosen.starts else ""), _way(made), _right(made), asked, cost, Cell(gain, "strong"), "–" if chance is None else sampled(chance),
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
        before = say("roadmap.after", names=_named_all(found, flow.after)) if flow.after else "", say("roadmap.lacks", names=", ".join(lacks)) if lacks else ""
        rows.append((
            "\n".join(filter(None, (flow.name, flow.context.get("owner"), *before))), *(stands(name, quarter) for quarter in range(shown)),
            told(number(round(weighed[name].days_in_all)), at(weighed[name].days_in_all, f"ranked[{found.order.index(name)}].days_in_all"))
        ))
    (first, last), quarters = columns("roadmap.calendar_head"), (say("roadmap.quarter", n=n + 1, day=day(found.first_day(n))) for n in range(shown))
    return table_of(say("roadmap.calendar"), (first, *quarters, last), rows, (shown + 1,), note=say("roadmap.calendar_note"))


def _paid(found: Selection) -> Table:
    """Money that leaves the house and what is gained, quarter by quarter."""
    currency, both = found.engagement.currency, enumerate(zip(found.joint.cash, found.joint.gained, strict=True))
    quarters = ((placed(paid, f"cash[{n}]"), placed(gain, f"cash[{n}].gain")) for n, (paid, gain) in both)
    rows = [
        (say("roadmap.quarter", n=n + 1, day=day(found.first_day(n))), *(words for one in both for words in (money_short(one.likely, currency), _span(found, one))))
        for n, both in enumerate(quarters)
    ]  # fmt: skip
    return table_of(say("roadmap.cash"), columns("roadmap.cash_head"), rows, (1, 2, 3, 4), note=say("roadmap.cash_note", months=_months(found)))


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
        (say("roadmap.platform") if name == "platform" else name, _named_all(found, users, f"shared[{n}].workflows"), money_short(at(saved, f"shared[{n}].saved"), found.engagement.currency))
        for n, (name, users, saved) in enumerate(found.shared)
    ]  # fmt: skip
    return table_of(say("roadmap.shared"), columns("roadmap.shared_head"), rows, (2,))
