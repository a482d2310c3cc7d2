"""Pages about the whole engagement: cover, overview of several workflows, method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisorkit.advice.acceptability import LEAD, SHARE
from advisorkit.advice.belief import spread
from advisorkit.export.blocks import Block, Cell, Cover, Heading, Table, Text
from advisorkit.export.brand import Brand
from advisorkit.report.printed import count, shown, shown_shares
from advisorkit.report.sentences import columns, say
from advisorkit.report.view import View
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.quantities import day, money_short, number, percent

TELLING = 1.0
"""Decibans on both axes from which an answer's sources are listed."""
_NEEDS = {"prompt": "neither", "rag": "retrieval", "finetune": "training", "hybrid": "both"}


def cover(views: Sequence[View], brand: Brand) -> tuple[Block, ...]:
    """The cover: title, what it is about, client, date, sender."""
    engagement = views[0].engagement
    about = say("cover.one", workflow=views[0].workflow.name) if len(views) == 1 else say("cover.many", count=count(len(views)))
    return (Cover(say("cover.title"), about, engagement.client, day(engagement.as_of), engagement.sample, brand),)


def overview(views: Sequence[View]) -> tuple[Block, ...]:
    """All workflows in one table; nothing when there is only one."""
    if len(views) == 1:
        return ()
    head = tuple(Cell(c) for c in columns("overview.head", months=views[0].months))
    table = Table("", head, tuple(map(_line, views)), (False, False, False, True, True), note=say("overview.note", currency=views[0].currency))
    return Heading(say("overview.title", count=count(len(views)).capitalize()), 2), Text((say("overview.lead"),), "lead"), table


def _line(view: View) -> tuple[Cell, ...]:
    first, ramp = view.advice.recommended, view.advice.off_ramp
    total = view.costs.columns[first].total
    goal = Cell(view.catalog.off_ramps[ramp.kind].name) if ramp else Cell(view.name(first), first)
    start = Cell(view.workflow.name), Cell(view.name(view.advice.now), view.advice.now), goal
    if ramp and ramp.kind != "buy":
        return (*start, Cell("–"), Cell(say("overview.not_priced")))
    return (*start, Cell(shown_shares(view.advice)[first]), Cell(money_short(total.p50, view.currency) if total else say("unknown")))


def method(views: Sequence[View]) -> tuple[Block, ...]:
    """How belief, gates and money are worked out, with the chances before and after gates, limits and sources."""
    view = views[0]
    prior = [percent(1 / (1 + 10 ** (-d / 10))) for d in view.advice.belief.prior]
    rate = view.inputs.rows["discount_rate"].range
    texts: dict[str, dict[str, object]] = {
        "belief": {"retrieval": prior[0], "training": prior[1], "damping": percent(view.catalog.damping)},
        "clear": {"points": f"{LEAD * 100:g}", "share": percent(SHARE)},
        "money": {"draws": number(view.costs.draws), "discount": percent(rate.likely if rate else 0)},
        "limits": {},
    }
    sections = {name: (Heading(say(f"method.{name}")), Text((say(f"method.{name}_text", **values),))) for name, values in texts.items()}
    return (
        Heading(say("method.title"), 2), *sections["belief"], *(_gates(view) if len(views) == 1 else _chances(views)),
        *sections["clear"], *sections["money"], *sections["limits"], _sources(views),
    )


def _gates(view: View) -> Iterator[Block]:
    before = shown(dict(zip(PATTERNS, spread(view.advice.belief.retrieval, view.advice.belief.training).tolist(), strict=True)))
    after = shown_shares(view.advice)
    rows = []
    for p in PATTERNS:
        out = view.advice.patterns[p].status == "ruled_out"
        last = Cell(say("method.out"), "muted") if out else Cell(after[p])
        rows.append((Cell(view.name(p), "" if out else p), Cell(say(f"method.{_NEEDS[p]}")), Cell(before[p]), last))
    yield Table(say("method.patterns"), tuple(Cell(c) for c in columns("method.head")), tuple(rows), (False, False, True, True))


def _chances(views: Sequence[View]) -> Iterator[Block]:
    head = (Cell(say("method.head_many")), *(Cell(views[0].name(p), p) for p in PATTERNS))
    rows = tuple((Cell(v.workflow.name), *(_chance(v, p) for p in PATTERNS)) for v in views)
    yield Table(say("method.patterns"), head, rows, (False, True, True, True, True))


def _chance(view: View, pattern: str) -> Cell:
    if view.advice.patterns[pattern].status == "ruled_out":  # type: ignore[index]
        return Cell(say("method.out"), "muted")
    return Cell(shown_shares(view.advice)[pattern])  # type: ignore[index]


def _sources(views: Sequence[View]) -> Table:
    catalog = views[0].catalog
    telling = [i for v in views for i in v.advice.belief.items if abs(i.retrieval) + abs(i.training) >= TELLING]
    keys = dict.fromkeys(key for item in telling if item.criterion in catalog.criteria for key in catalog.criteria[item.criterion].sources)
    known = [catalog.sources[key] for key in keys if key in catalog.sources]
    rows = tuple((Cell(s.title), Cell(s.where)) for s in sorted(known, key=lambda s: s.title))
    return Table(say("method.sources"), tuple(Cell(c) for c in columns("method.sources_head")), rows, (False, False))
