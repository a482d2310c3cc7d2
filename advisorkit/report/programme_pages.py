"""The page of a programme: what to begin and when, what waits and why, what is built once."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.export.blocks import Block, Cell, Heading, Table, Text, table_of
from advisorkit.report.sentences import columns, say
from advisorkit.study.candidates import Weighed
from advisorkit.study.programme import Selection
from advisorkit.values.quantities import day, money_short, percent


def programme(found: Selection) -> tuple[Block, ...]:
    """The choice among all workflows of an engagement, on one page."""
    named = {one.workflow.id: one.workflow.name for one in found.rows}
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
    lines, currency = list[str](), found.engagement.currency
    if found.chosen.gain - found.by_hand.gain >= 1:
        lines.append(say("roadmap.hand", gain=money_short(found.chosen.gain - found.by_hand.gain, currency)))
    lines += [say(f"roadmap.more.{name}", gain=money_short(gain, currency)) for name, gain in found.one_more.items()]
    return (Text(tuple(lines), "bullets"),) if lines else ()


def _title(found: Selection) -> str:
    made = found.chosen
    if not made.starts:
        return say("roadmap.title_none", count=len(found.rows))
    begins = next(one.workflow.name for one in found.rows if one.workflow.id == next(iter(made.starts)))
    gain, cost = money_short(made.gain, found.engagement.currency), money_short(made.cost, found.engagement.currency)
    return say("roadmap.title", chosen=len(made.starts), count=len(found.rows), first=begins, gain=gain, months=found.months, cost=cost)


def _sums(found: Selection) -> Iterator[str]:
    currency, made, budget = found.engagement.currency, found.chosen, found.programme.budget
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
    rows_of, weighed, currency = {one.workflow.id: one for one in found.rows}, {one.id: one for one in found.candidates}, found.engagement.currency
    rows: list[tuple[str | Cell, ...]] = [
        (
            say("roadmap.quarter", n=quarter + 1, day=day(found.first_day(quarter))), rows_of[name].workflow.name, *_patterns(rows_of[name]),
            *(money_short(amount, currency) for amount in (weighed[name].ask, weighed[name].cost, weighed[name].gain)),
        ) for name, quarter in found.chosen.starts.items()
    ]  # fmt: skip
    return table_of(say("roadmap.table"), columns("roadmap.head"), rows, (4, 5, 6), note=say("roadmap.note", months=found.months))


def _patterns(row: Weighed) -> tuple[Cell, Cell]:
    names, (now, end) = load_catalog().patterns, (row.decision.now, row.decision.destination)
    return Cell(names[now].name, now), Cell(names[end].name, end)


def _built_once(found: Selection, named: dict[str, str]) -> Table:
    rows = [
        (say("roadmap.platform") if name == "platform" else name, ", ".join(named[user] for user in users), money_short(saved, found.engagement.currency))
        for name, users, saved in found.shared
    ]  # fmt: skip
    return table_of(say("roadmap.shared"), columns("roadmap.shared_head"), rows, (2,))
