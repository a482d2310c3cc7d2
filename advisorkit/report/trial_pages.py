"""A bake-off: what it would take, what it showed, and its results on a client's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from advisorkit.export.blocks import Block, Heading, Table, Text, table_of
from advisorkit.files.texts import Texts
from advisorkit.report.printed import columns, say
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.quantities import day, money, number, percent, plain, span

if TYPE_CHECKING:
    from advisorkit.bakeoff.compared import Compared, Row
    from advisorkit.bakeoff.trial import Trial
    from advisorkit.bakeoff.ways import Ahead

TEXTS = Texts("bakeoff")
"""Sentences of the bake-off."""
_tell = TEXTS.say


def ahead(made: Trial, seen: Ahead, engagement: Engagement, folder: Path) -> Iterator[Block]:
    """What a trial would send where, in how many calls and for how much at most."""
    sample, corpus = made.sample, made.corpus
    rows = {"cases": _tell("plan.split", tried=len(sample.tried), shown=len(sample.shown), doubles=sample.doubles), "scoring": _tell(f"scoring.{sample.scoring}"), "ways": ", ".join(map(_name, made.ways))}
    if corpus.files:
        rows["texts"] = _tell("plan.corpus", files=corpus.files, tokens=f"{corpus.size.likely:,.0f}", language=corpus.language or "?", doubles=len(corpus.doubles))
    if corpus.scans:
        rows["scans"] = ", ".join(corpus.scans)
    rows["to"] = _tell("plan.embedded") if made.demonstration else f"{made.url}, {', '.join(filter(None, (made.model, made.tuned, made.judge)))}"
    cost = _tell("plan.no_price") if seen.worst_cost is None else money(seen.worst_cost, engagement.currency)
    rows |= {"calls": f"{seen.calls:,}", "tokens": f"{seen.read:,.0f}", "cost": cost, "hours": f"{seen.hours:.1f}", "exact": str(folder / "would_be_sent.txt")}
    yield Heading(_tell("plan.title", trial=made.id))
    yield table_of("", ["", ""], [[_tell(f"plan.{name}"), value] for name, value in rows.items()])
    notes = [_tell("few", cases=len(sample.tried))] * (len(sample.tried) < 50) + [_tell("demonstration")] * made.demonstration + [_tell("plan.refused", why=seen.refused)] * bool(seen.refused)
    yield from (Text(tuple(notes), "note"),) if notes else ()


def trial_table(found: Compared) -> Iterator[Block]:
    """The paired table of a trial, and where its ways break."""
    yield Heading(found.verdict)
    yield table_of("", TEXTS.columns("table.head"), [tuple(_measured(row)) for row in found.rows], range(1, 6))
    pairs = [[_name(a), _name(b), f"{100 * pair.difference:+.0f}", f"{100 * pair.low:+.0f} … {100 * pair.high:+.0f}"] for (a, b), pair in found.pairs.items() if a == found.chosen]
    if pairs:
        yield table_of(_tell("pairs.title"), TEXTS.columns("pairs.head"), pairs, [2, 3])
    notes = [_tell("demonstration")] * found.trial.demonstration
    notes += [_tell("people", name=_name(row.way), same=percent(row.people.same), cases=row.people.cases) for row in found.rows if row.people]
    yield from (Text(tuple(notes), "note"),) if notes else ()


def broken(found: Compared) -> Iterator[Table]:
    """Where the ways of a trial break; nothing where none does."""
    names = [name for name in found.rows[0].breaks if any(row.breaks[name] for row in found.rows)]
    if names:
        yield table_of(_tell("breaks.title"), [_tell("table.way"), *(_tell(f"breaks.{name}") for name in names)], [[_name(row.way), *(str(row.breaks[name]) for name in names)] for row in found.rows], range(1, len(names) + 1))
    if fields := found.trial.sample.fields:
        yield table_of(_tell("fields.title"), [_tell("table.way"), *fields], [[_name(row.way), *(str(row.fields[name]) for name in fields)] for row in found.rows], range(1, len(fields) + 1))


def _name(way: str) -> str:
    return _tell(f"way.{way}")


def _measured(row: Row) -> Iterator[str]:
    right = row.right
    yield _name(row.way)
    yield _tell("share", share=percent(right.share or 0.0), low=percent(right.low), high=percent(right.high)) if right.n else ""
    yield str(row.failed)
    yield percent(row.found.share or 0) if row.found.n else ""
    yield f"{row.tokens[0]:.0f} / {row.tokens[1]:.0f}" if row.tokens else ""
    yield f"{row.seconds[0]:.1f}" if row.seconds else ""


def tried(study: Study) -> Iterator[Block]:
    """The ways of the newest bake-off on the same cases, and how far the chosen one is ahead; nothing without one."""
    found = study.tried
    if not found:
        return
    yield Heading(say("tried.title"))
    rows = [tuple(_row(study, n)) for n in range(len(found))]
    cases = study.cite(found[-1].right.n, f"trial[{len(found) - 1}].right.of")
    about = say("tried.about", date=day(study.seen.pilot.date), cases=plain(cases))
    yield table_of("", columns("tried.head"), rows, range(1, 6), subtitle=about, note=say("tried.note"))


def _row(study: Study, n: int) -> Iterator[str]:
    one, at = study.tried[n], f"trial[{n}]"
    yield _name(one.way) if f"way.{one.way}" in TEXTS.all else study.name(one.pattern)
    yield "–" if one.right.share is None else percent(study.cite(one.right.share, f"{at}.right.share"))
    yield span(percent(study.cite(one.right.low, f"{at}.right.low")), percent(study.cite(one.right.high, f"{at}.right.high")))
    ahead = {} if one.against is None else {name: number(study.cite(100 * getattr(one.against, name), f"{at}.against.{name}")) for name in ("difference", "low", "high")}
    yield ahead.get("difference", "–")
    yield span(ahead["low"], ahead["high"]) if ahead else "–"
    yield plain(study.cite(one.measured["seconds"].likely, f"{at}.measured.seconds[1]")) if "seconds" in one.measured else "–"
