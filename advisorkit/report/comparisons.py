"""States side by side: what changed between two files, and a file under several scenarios."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from advisorkit.export.blocks import Block, Cell, Heading, Text, table_of
from advisorkit.report.money_table import ranked
from advisorkit.report.printed import chance_of
from advisorkit.report.sentences import columns, say
from advisorkit.study.changes import KINDS as STEPS
from advisorkit.study.changes import ChangedValue, Moved, changes
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.quantities import money_short


def differing(found: Sequence[ChangedValue], moves: Sequence[Moved]) -> Iterator[Block]:
    """What differs between two states of an engagement, and what each kind of change does to advice and gain."""
    names = {one.steps[-1].workflow.id: one.steps[-1].workflow.name for one in moves}
    if not found:
        yield Text((say("diff.none"),))
        return
    rows = ((names.get(one.workflow, one.workflow) or "–", one.path or say("diff.workflow"), _written(one.before), _written(one.after), say(f"diff.kind.{one.kind}")) for one in found)
    yield table_of(say("diff.title"), columns("diff.head"), rows)
    for one in moves:
        first, last = one.steps[0], one.steps[-1]
        lines = [say("diff.advice", before=first.decision.headline, after=last.decision.headline)] if first.decision.headline != last.decision.headline else []
        lines += _gain_moved(one, last.currency)
        if lines:
            yield Heading(last.workflow.name)
            yield Text(tuple(lines), "bullets")


def _gain_moved(one: Moved, currency: str) -> Iterator[str]:
    first, last = one.gains[0], one.gains[-1]
    if first == last:
        return
    printed = ["" if gain is None else money_short(gain, currency) for gain in (first, last)]
    yield say("diff.gain", before=printed[0] or say("unknown"), after=printed[1] or say("unknown"))
    for kind, before, after in zip(STEPS, one.gains, one.gains[1:], strict=False):
        if before is not None and after is not None and before != after:
            yield say("diff.by", kind=say(f"diff.kind.{kind}"), change=("+" if after > before else "") + money_short(after - before, currency))


def _written(value: object) -> str:
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def side_by_side(states: Mapping[str, Sequence[Study]]) -> Iterator[Block]:
    """Decision and money of every workflow as the file stands and under each scenario, and what each scenario changes."""
    names = [name or say("scenarios.base") for name in states]
    for found in zip(*states.values(), strict=True):
        rows: list[tuple[str | Cell, ...]] = [(say(f"scenarios.{row}"), *(_compared(study, row) for study in found)) for row in ("now", "destination", "chance", "clear", "gain", "outside")]
        yield table_of(found[0].workflow.name, ("", *names), rows)
        for name, study in zip(names[1:], found[1:], strict=True):
            told = [say("scenarios.value", path=one.path, before=_written(one.before), after=_written(one.after)) for one in changes(_alone(found[0]), _alone(study))]
            yield Text((say("scenarios.changes", name=name, values="; ".join(told) or say("scenarios.nothing")),))


def _alone(study: Study) -> Engagement:
    return replace(study.engagement, workflows=(study.workflow,), scenario="")


def _compared(study: Study, row: str) -> Cell:
    made = study.decision
    match row:
        case "now" | "destination":
            pattern = made.now if row == "now" else made.destination
            return Cell("–") if made.replaced else Cell(study.name(pattern), pattern)
        case "chance":
            return Cell("–" if made.replaced else chance_of(made, made.destination))
        case "clear":
            return Cell(say("scenarios.yes" if made.clear else "scenarios.no"))
        case "gain":
            return Cell(ranked(study) if study.priced and not made.replaced else "–")
    spent = study.outside if study.priced and not made.replaced else None
    return Cell(say("unknown") if spent is None else money_short(spent, study.currency))
