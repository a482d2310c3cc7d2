"""Pages about the whole engagement: its cover, and the programme of several workflows; what to approve now, what to begin and when, what waits and why, what is built once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.plotted import Plot, Series
from advisorkit.costs.results import Figure
from advisorkit.export.blocks import Block, Cell, ChartBlock, Cover, Heading, KeyFigure, KeyFigures, Table, Text, table_of
from advisorkit.export.brand import Brand
from advisorkit.report.cost_pages import in_unit, ranked, steps, whole
from advisorkit.report.printed import NAMED, columns, count, enumerated, project, say, weeks
from advisorkit.study.candidates import Aside, Candidate, Weighed, team
from advisorkit.study.programme import DROPPED, Selection, Together, not_begun, together
from advisorkit.study.roadmap import beyond
from advisorkit.study.shapes import placed
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import here, locale
from advisorkit.values.people import due
from advisorkit.values.places import at, linked, told
from advisorkit.values.quantities import Band, day, money_range, money_short, number, percent, sampled, span


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
    """The programme of several workflows: what is asked for, what it gains, in which order, what they share; nothing for one."""
    if len(studies) == 1:
        return ()
    sums, wide = together(studies), 8 if studies[0].priced else 4
    rows = [*(_line(study, sums)[:wide] for study in ordered(studies)), *(_totals(sums) if sums and len(sums.alone) > 1 else ())]
    unit = in_unit(studies[0].currency, sums.unit) if sums else ""
    subtitle = say("overview.subtitle", unit=unit, months=studies[0].months) if sums else ""
    unclear = _unclear(studies)
    lines = (*_overridden(studies), *_staged(studies, sums), *_missing(studies), *((say("overview.unclear", names="; ".join(unclear)),) if unclear else ()))
    return (
        Heading(_title(studies, sums), 2, say("overview.part")), KeyFigures(tuple(_sums(studies, sums))) if sums else Text((say("overview.lead"),), "lead"),
        table_of(say("overview.order" if sums else "overview.firmest"), columns("overview.head")[:wide], rows, range(3, 8), subtitle=subtitle, total=bool(sums and len(sums.alone) > 1)),
        *((Text(lines, "bullets"),) if lines else ()), *steps(studies[0], everywhere=True),
    )  # fmt: skip


def _unclear(studies: Sequence[Study]) -> list[str]:
    return [one.workflow.name for one in studies if not one.decision.clear and not one.decision.ended]


def on_how_many(studies: Sequence[Study]) -> str:
    """On how many of several workflows the advice is clear."""
    return say("overview.title", clear=len(studies) - len(_unclear(studies)), workflows=len(studies))


def _title(studies: Sequence[Study], sums: Together | None) -> str:
    if sums is None:
        left = all(one.priced and one.decision.ended and one.decision.prospects.target.never for one in studies)
        return say("overview.no_ask", together=say("overview.none")) if left else on_how_many(studies)
    asking = {one.workflow.id for one in studies if one.ask and not one.decision.ended}
    asks, currency = len(asking), studies[0].currency
    named = count(asks) if asks == len(studies) else say("overview.some", asks=count(asks), count=count(len(studies)))
    gain = told(money_short(abs(sums.gain), currency), sums.gain)
    gaining = {one.workflow.id for one in studies if one.workflow.id in sums.alone and one.rank.gain is not None and not one.rank.assumed}
    way, several = "gain" if sums.gain >= 0 else "loss", len(sums.alone) > 1
    part = "" if several and (gaining == asking or (not asks and gaining == sums.alone.keys())) else ".of"
    both = say(f"overview.{way}{part}", gain=gain, known=sums.known) if sums.known else say("overview.gain_unknown")
    return say("overview.ask" if asks else "overview.no_ask", ask=money_short(sums.ask, currency), named=named, together=both)


def _totals(sums: Together) -> Iterator[tuple[Cell, ...]]:
    """What sharing saves, and the sums of what is printed."""
    blank, unit = [Cell("")] * 3, sums.unit
    saved = Cell(say("unknown"), "muted") if sums.saved is None else Cell(told(whole(-sums.saved, unit), sums.saved))
    yield Cell(say("together.saved")), *blank, Cell(""), saved, _amount(sums.saved, unit) if sums.counted else Cell(""), Cell("")
    least = None in sums.alone.values()
    yield Cell(say("together.all")), *blank, _amount(sums.ask, unit), _amount(sums.spent, unit, least=least), _amount(sums.gain if sums.known else None, unit), Cell("")


def _amount(amount: float | None, unit: int, more: str = "", *, least: bool = False) -> Cell:
    """A whole amount as the table prints it, with a second line."""
    if amount is None:
        return Cell(say("unknown"), "muted")
    words = whole(amount, unit)
    return Cell(linked("\n", filter(None, (say("money.least", amount=words) if least else words, more))), "strong" if more else "")


def _sums(studies: Sequence[Study], sums: Together) -> Iterator[KeyFigure]:
    currency = studies[0].currency
    yield KeyFigure(money_short(sums.ask, currency), say("overview.figure.ask"))
    gain = say("overview.figure.gain" if sums.known else "overview.figure.gain.none", count=sums.known, months=studies[0].months)
    yield KeyFigure(money_short(sums.gain, currency) if sums.known else say("unknown"), gain)
    if len(sums.alone) > 1:
        yield KeyFigure(say("unknown") if sums.saved is None else money_short(sums.saved, currency), say("overview.figure.saved", months=studies[0].months))
    for last, act in due(studies[0].engagement.actions, studies[0].engagement.as_of)[:1]:
        yield KeyFigure(day(last, year=False), act)


def ordered(studies: Sequence[Study]) -> list[Study]:
    """As the programme lists them."""
    return sorted(studies, key=_order)


def _order(study: Study) -> tuple[bool, float]:
    """Gain for each euro that is asked for, most first, then the firmest; what something simpler fits comes last."""
    made, gain = study.decision, study.rank.gain if study.priced else None
    worth = -(gain or 0.0) / study.ask.p50 if study.priced and study.ask and gain is not None else 0.0
    return made.ended, worth if study.priced else -made.chances[made.destination]


def _line(study: Study, sums: Together | None) -> tuple[Cell, ...]:
    made, named = study.decision, "\n".join(filter(None, (study.workflow.name, study.workflow.context.get("owner") or study.workflow.context.get("department"))))
    first = made.destination
    goal = Cell(instead) if (instead := made.instead) else Cell(study.name(first), first)
    start = Cell(named, "strong"), Cell("–") if instead else Cell(study.name(made.now), made.now), goal
    if instead or sums is None:
        return (*start, Cell("–" if instead else _right(study)), Cell("–" if study.priced and not made.replaced else say("overview.not_priced")), *[Cell("–")] * 3)
    row, rung = study.costs.money[first], next((r for r in made.path if r.state == "here"), None)
    time = weeks(study.facts.build_weeks[made.now].p50) if rung and rung.weeks is not None else ""
    ask, spent, gain = (study.ask.p50 if study.ask else None, study.outside, study.rank.gain)
    ends = span(whole(row.gain.p10, sums.unit), whole(row.gain.p90, sums.unit)) if row.gain else say("overview.assumed")
    asked, sure = _amount(ask, sums.unit, time) if study.ask else Cell("–"), "–" if row.gain_chance is None else sampled(row.gain_chance)
    return (*start, Cell(_right(study)), asked, _amount(spent, sums.unit), _amount(gain, sums.unit, ends), Cell(sure))


def _right(study: Study) -> str:
    """Share right that is expected of the destination, beside what is needed."""
    held = study.decision.prospects
    right, needed = percent(held.expected_right[study.decision.told].p50), held.target.share
    return right if needed is None or held.target.never else say("overview.right", right=right, needed=percent(min(needed, 1.0)))


def _overridden(studies: Sequence[Study]) -> Iterator[str]:
    return (f"{study.workflow.name}: {study.decision.override}" for study in studies if study.decision.override)


def _staged(studies: Sequence[Study], sums: Together | None) -> Iterator[str]:
    """What is left of the gain where pilots may end a workflow, which is how `portfolio` reckons, and for what it asks nothing."""
    names = "; ".join(one.workflow.name for one in not_begun(studies)) if sums else ""
    if sums and sums.known and (words := money_short(sums.staged, studies[0].currency)) != money_short(sums.gain, studies[0].currency):
        counted = say("overview.staged" if sums.staged > 0 else "overview.staged_none", gain=words)
        yield linked(" ", (counted, *((say("overview.without", names=names),) if names else ())))
    elif names:
        yield say("overview.without", names=names)


def _missing(studies: Sequence[Study]) -> Iterator[str]:
    """Workflows that will probably miss what is asked for, which is what could stop them."""
    names = [one.workflow.name for one in studies if not one.decision.ended and one.decision.prospects.outlook(one.decision.told) == "missed" and not one.decision.prospects.target.never]
    if names:
        yield say("overview.missed", names="; ".join(names))
    yield from (linked("", (one.workflow.name, ": ", ranked(one), ".")) for one in studies if one.priced and not one.decision.ended and one.rank.gain is None)


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
    return (Heading(_approved(found), 2), *begun, *whys, *(rests if whole else ()))


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


def _approved(found: Selection) -> str:
    made, currency = found.chosen, found.engagement.currency
    if not made.starts:
        return say("roadmap.title_none", count=at(len(found.rows), "ranked"))
    return say(
        "roadmap.title" if round(found.asks(0)) else "roadmap.title_free", ask=money_short(at(found.asks(0), "sums.ask_now"), currency), chosen=at(len(made.starts), "chosen"),
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
    if simpler := sum(one.decision.replaced and one.decision.next_step.action != "stop" for one in found.rows):
        yield say("roadmap.simpler", simpler=simpler)
    if stopped := len(found.rows) - sum(ends.values()) - simpler:
        yield say("roadmap.stopped", stopped=stopped)
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
    lines = [_chosen(found, n, rows_of[name], weighed[name]) for name, n in places(found).items()]
    line: tuple[tuple[str | Cell, ...], ...] = ((Cell(say("roadmap.line"), "strong"), *[""] * 8),) if lines[begun:] else ()
    rows = [*lines[:begun], *line, *lines[begun:]]
    return table_of(say("roadmap.table"), columns("roadmap.head"), rows, range(4, 9), note=say("roadmap.note", months=_months(found)))


def places(found: Selection) -> dict[str, int]:
    """The number of each that is shown."""
    below = [one.id for one in found.candidates if one.id not in found.chosen.starts][:BELOW]
    return {name: n for n, name in enumerate((*found.chosen.starts, *below), 1)}


def _chosen(found: Selection, place: int, row: Weighed, one: Candidate) -> tuple[str | Cell, ...]:
    currency, path = found.engagement.currency, f"ranked[{found.order.index(one.id)}]"
    names, (now, end) = load_catalog().patterns, (row.decision.now, row.decision.destination)
    one, span, chance = placed(one, path), placed(row.rank.range, f"{path}.gain_range"), placed(row.rank.chance, f"{path}.gain_chance")
    return (
        Cell(f"{place} {row.workflow.name}", "strong" if one.id in found.chosen.starts else ""), Cell(names[now].name, now), Cell(names[end].name, end),
        say("roadmap.firm" if row.decision.clear else "roadmap.open"),
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
        (say("roadmap.platform") if name == "platform" else name, _named(found, users, f"shared[{n}].workflows"), money_short(at(saved, f"shared[{n}].saved"), found.engagement.currency))
        for n, (name, users, saved) in enumerate(found.shared)
    ]  # fmt: skip
    return table_of(say("roadmap.shared"), columns("roadmap.shared_head"), rows, (2,))
