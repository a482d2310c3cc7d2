"""A bake-off: what it would take, what it showed, and its results on a client's page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from advisorkit.export.blocks import Block, Heading, Table, Text, table_of
from advisorkit.files.texts import Texts
from advisorkit.pilots.diagnosis import Tried
from advisorkit.report.printed import columns, say
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.places import or_nought
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
    language = _tell(f"language.{corpus.language or 'unknown'}")
    rows = {
        "columns": "; ".join(f"{name} = {ours}" for name, ours in sample.columns.items() if name != ours),
        "cases": _tell("plan.split", tried=len(sample.tried), shown=len(sample.shown), doubles=sample.doubles),
        "scoring": _tell(f"scoring.{sample.scoring}"),
        "ways": ", ".join(map(_name, made.ways)),
        "texts": corpus.files and _tell("plan.corpus", files=corpus.files, tokens=plain(corpus.size.likely), language=language, doubles=len(corpus.doubles)),
        "scans": ", ".join(corpus.scans),
        "to": _tell("plan.embedded") if made.demonstration else f"{made.url}, {', '.join(filter(None, (made.model, made.tuned, made.judge)))}",
        "calls": number(seen.calls),
        "tokens": number(seen.read),
        "cost": _tell("plan.no_price") if seen.worst_cost is None else money(seen.worst_cost, engagement.currency),
        "hours": number(seen.hours, 1) if seen.hours >= 1 else "",
        "minutes": number(ceil(seen.hours * 60)) if seen.hours < 1 else "",
        "exact": str(folder / "would_be_sent.txt"),
    }
    yield Heading(_tell("plan.title", trial=made.id))
    yield table_of("", ["", ""], [[_tell(f"plan.{name}"), value] for name, value in rows.items() if value])
    cases, refused = len(sample.tried), seen.refused and _tell("plan.refused", why=seen.refused)
    few = cases < 50 and _tell("few" if cases >= seen.least else "none", cases=cases, least=seen.least)
    yield from _notes((*sample.notices, *corpus.notices, few, made.demonstration and _tell("demonstration"), refused))


def _notes(lines: Iterable[str | bool]) -> Iterator[Text]:
    told = tuple(line for line in lines if isinstance(line, str) and line)
    yield from (Text(told, "note"),) if told else ()


def trial_table(found: Compared) -> Iterator[Block]:
    """The paired table of a trial."""
    yield Heading(found.verdict)
    heads = (*columns("tried.head"), *TEXTS.columns("table.head"))
    yield table_of("", heads, [tuple(_measured(row)) for row in found.rows], range(1, 9), note=say("tried.ahead"))
    people = (_tell("people", name=_name(row.way), same=percent(row.people.same), cases=row.people.cases) for row in found.rows if row.people)
    yield from _notes((found.trial.demonstration and _tell("demonstration"), *people))


def broken(found: Compared) -> Iterator[Table]:
    """Where the ways of a trial break; nothing where none does."""
    names = [name for name in found.rows[0].breaks if any(row.breaks[name] for row in found.rows)]
    parts = {"breaks": ([_tell(f"breaks.{name}") for name in names], [[row.breaks[name] for name in names] for row in found.rows])}
    parts |= {"fields": (list(found.trial.sample.fields), [list(row.fields.values()) for row in found.rows])}
    for title, (heads, counts) in parts.items():
        rows = [[_name(row.way), *map(str, own)] for row, own in zip(found.rows, counts, strict=True)]
        yield from (table_of(_tell(f"{title}.title"), [_tell("table.way"), *heads], rows, range(1, len(heads) + 1)),) if heads else ()


def _name(way: str) -> str:
    return _tell(f"way.{way}")


def way_of(one: Tried, study: Study | None) -> str:
    """What was tried, such as “Prompt with all texts”; the pattern where its file names no way of ours."""
    return _name(one.way) if f"way.{one.way}" in TEXTS.all or study is None else study.name(one.pattern)


def _measured(row: Row) -> Iterator[str]:
    yield from _row(row)
    yield str(row.failed)
    yield percent(or_nought(row.found.share)) if row.found.n else ""
    yield f"{number(row.tokens[0])} / {number(row.tokens[1])}" if row.tokens else ""


def tried(study: Study) -> Iterator[Block]:
    """The ways of the newest bake-off on the same cases, and how far the chosen one is ahead; nothing without one."""
    found = study.tried
    if not found:
        return
    yield Heading(say("tried.title"))
    rows = [tuple(_row(one, study, f"trial[{n}]")) for n, one in enumerate(found)]
    cases = study.cite(found[-1].right.n, f"trial[{len(found) - 1}].right.of")
    about = say("tried.about", date=day(study.seen.pilot.date), cases=plain(cases))
    yield table_of("", columns("tried.head"), rows, range(1, 6), subtitle=about, note=say("tried.note"))


def _row(one: Tried, study: Study | None = None, at: str = "") -> Iterator[str]:
    """A way with its share right, how far the chosen one is ahead, and its seconds; on a page of `study` each figure by its path below `at`."""

    def cite(value: float, path: str) -> float:
        return study.cite(value, f"{at}.{path}") if study else value

    yield way_of(one, study)
    yield "–" if one.right.share is None else percent(cite(one.right.share, "right.share"))
    yield span(percent(cite(one.right.low, "right.low")), percent(cite(one.right.high, "right.high")))
    names = ("difference", "low", "high") if one.against else ()
    ahead = {name: number(cite(100 * getattr(one.against, name), f"against.{name}")) for name in names}
    yield ahead.get("difference", "–")
    yield span(ahead["low"], ahead["high"]) if ahead else "–"
    yield plain(cite(one.measured["seconds"].likely, "measured.seconds[1]")) if "seconds" in one.measured else "–"
