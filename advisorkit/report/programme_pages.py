"""The page of a programme: what to begin and when, what waits and why, what is built once."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.export.blocks import Block, Cell, Heading, Table, Text, table_of
from advisorkit.report.sentences import columns, say
from advisorkit.study.programme import Selection
from advisorkit.study.study import Study
from advisorkit.values.quantities import day, money_short, percent


def programme(found: Selection) -> tuple[Block, ...]:
    """The choice among all workflows of an engagement, on one page."""
    named = {one.workflow.id: one.workflow.name for one in found.studies}
    waiting = dict[str, list[str]]()
    for name, why in found.dropped.items():
        waiting.setdefault(why, []).append(named[name])
    waits = table_of(say("roadmap.waits"), columns("roadmap.waits_head"), ((", ".join(names), why) for why, names in waiting.items()))
    return (
        Heading(_title(found), 2), Text(tuple(_sums(found)), "bullets"), *((_begun(found),) if found.chosen.starts else ()),
        *((waits,) if found.dropped else ()), *((_built_once(found, named),) if found.shared else ()),
    )


def consultants(found: Selection) -> tuple[Block, ...]:
    """What the choice rests on, for the consultant: how a sorted list would do, and what a tenth more of each limit would add."""
    lines, currency = list[str](), found.studies[0].currency
    if found.chosen.gain - found.by_hand.gain >= 1:
        lines.append(say("roadmap.hand", gain=money_short(found.chosen.gain - found.by_hand.gain, currency)))
    lines += [say(f"roadmap.more.{name}", gain=money_short(gain, currency)) for name, gain in found.one_more.items()]
    return (Text(tuple(lines), "bullets"),) if lines else ()


def _title(found: Selection) -> str:
    first, made = found.studies[0], found.chosen
    if not made.starts:
        return say("roadmap.title_none", count=len(found.studies))
    begins = next(one.workflow.name for one in found.studies if one.workflow.id == next(iter(made.starts)))
    gain, cost = money_short(made.gain, first.currency), money_short(made.cost, first.currency)
    return say("roadmap.title", chosen=len(made.starts), count=len(found.studies), first=begins, gain=gain, months=first.months, cost=cost)


def _sums(found: Selection) -> Iterator[str]:
    currency, made, budget = found.studies[0].currency, found.chosen, found.programme.budget
    if made.starts:
        steps = sum(quarter == 0 for quarter in made.starts.values())
        yield say("roadmap.now", ask=money_short(found.asks(0), currency), steps=steps)
    if budget is not None and found.cheapest_pilot is not None and budget < found.cheapest_pilot:
        yield say("roadmap.below", budget=money_short(budget, currency), ask=money_short(found.cheapest_pilot, currency))
    elif budget is not None:
        yield say("roadmap.under", **{name: money_short(max(value, 0.0), currency) for name, value in (("cost", made.cost), ("budget", budget), ("left", budget - made.cost))})
    if made.gap:
        yield say("roadmap.gap", share=percent(made.gap))
    if found.dropped and found.questions:
        yield say("roadmap.ask", questions="; ".join(say("roadmap.asked", question=asked.rstrip("?"), count=count) for asked, count in found.questions))


def _begun(found: Selection) -> Table:
    studies, weighed, first = {one.workflow.id: one for one in found.studies}, {one.id: one for one in found.candidates}, found.studies[0]
    rows: list[tuple[str | Cell, ...]] = [
        (
            say("roadmap.quarter", n=quarter + 1, day=day(found.first_day(quarter))), studies[name].workflow.name, *_patterns(studies[name]),
            *(money_short(amount, first.currency) for amount in (weighed[name].ask, weighed[name].cost, weighed[name].gain)),
        ) for name, quarter in found.chosen.starts.items()
    ]  # fmt: skip
    return table_of(say("roadmap.table"), columns("roadmap.head"), rows, (4, 5, 6), note=say("roadmap.note", months=first.months))


def _patterns(study: Study) -> tuple[Cell, Cell]:
    made = study.decision
    return Cell(study.name(made.now), made.now), Cell(study.name(made.destination), made.destination)


def _built_once(found: Selection, named: dict[str, str]) -> Table:
    rows = [
        (say("roadmap.platform") if name == "platform" else name, ", ".join(named[user] for user in users), money_short(saved, found.studies[0].currency))
        for name, users, saved in found.shared
    ]  # fmt: skip
    return table_of(say("roadmap.shared"), columns("roadmap.shared_head"), rows, (2,))
