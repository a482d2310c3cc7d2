"""The page of answers: what the advice rests on, as it was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisorkit.advice.answers import words_of
from advisorkit.advice.gates import pointless
from advisorkit.export.blocks import Block, Cell, Heading, Table, Text
from advisorkit.report.sentences import columns, say
from advisorkit.study.study import Study
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.quantities import day

PRIVATE = frozenset({"budget"})
"""Answers that never reach a deliverable."""


def answers(study: Study) -> tuple[Block, ...]:
    """Every answer in the catalogue's order with its state and note, and what nobody answered."""
    alone = len(study.engagement.workflows) == 1
    told = study.answers if alone else {name: a for name, a in study.answers.items() if a is not study.engagement.answers.get(name)}
    missing = [c.label for c in study.catalog.criteria.values() if c.id not in PRIVATE and _open(study, c)]
    return (
        Heading(say("answers.title"), 2, study.workflow.name), Text((say("answers.lead" if alone else "answers.lead_own"),), "lead"),
        _table(study, told),
        *((Text((say("answers.open", names="; ".join(missing)),), "note"),) if missing else ()),
    )


def shared_answers(studies: Sequence[Study]) -> tuple[Block, ...]:
    """Answers that hold for all workflows; nothing when there is only one workflow or no such answer."""
    study = studies[0]
    if len(study.engagement.workflows) == 1 or not study.engagement.answers:
        return ()
    return Heading(say("answers.title_shared"), 2), Text((say("answers.lead"),), "lead"), _table(study, study.engagement.answers)


def _table(study: Study, told: Mapping[str, Answer]) -> Table:
    rows = tuple(_row(study, c, told[c.id]) for c in study.catalog.criteria.values() if c.id in told and c.id not in PRIVATE and _known(told[c.id]))
    return Table("", tuple(Cell(name) for name in columns("answers.head")), rows, (False,) * 3)


def _known(answer: Answer) -> bool:
    return bool(answer.levels) or answer.amount is not None


def _open(study: Study, criterion: Criterion) -> bool:
    answer = study.answers.get(criterion.id)
    unknown = answer is None or not _known(answer)
    return unknown and not criterion.derived and not pointless(study.catalog, study.answers, criterion.id)


def _row(study: Study, criterion: Criterion, answer: Answer) -> tuple[Cell, ...]:
    remarks = "; ".join(_remarks(study, criterion, answer))
    return Cell(criterion.label), Cell(words_of(criterion, answer, study.currency)), Cell(remarks, "guess" if answer.confidence == "guess" else "")


def _remarks(study: Study, criterion: Criterion, answer: Answer) -> Iterator[str]:
    if study.pilot is not None and criterion.id in study.pilot.answers:
        yield say("answers.pilot")
    if answer.confidence == "guess":
        yield say("evidence.guess")
    if answer.disputed:
        yield say("answers.disputed")
    if answer.confirm_by is not None:
        yield say("answers.confirm", date=day(answer.confirm_by))
    yield from filter(None, (answer.note, study.workflow.notes.get(criterion.id, "")))
