"""Where data goes: only what a field of the engagement says; whatever none says is a question to the client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from advisorkit.export.blocks import Block, Cell, Heading, Text, table_of
from advisorkit.intake.questionnaire import confirmer
from advisorkit.report.annex_pages import PROTECTED, Studies, answers_of, joined
from advisorkit.report.printed import count
from advisorkit.report.sentences import columns, say
from advisorkit.values.locale import locale
from advisorkit.values.people import Stop
from advisorkit.values.quantities import day

ACROSS = 5
"""Stops that stand side by side."""
_SAID = tuple(field.name for field in fields(Stop))[1:]


@dataclass(frozen=True, slots=True)
class _Question:
    about: str
    asked: str
    to: str
    by: str


def protection(studies: Studies) -> tuple[Block, ...]:
    """Where data goes stop by stop, what was said of it, on which questions duties of law turn, and what is still to be answered."""
    engagement, questions = studies[0].engagement, tuple(_questions(studies))
    known = "unknown" if not engagement.data_flow else "open" if questions else "closed"
    title = say(f"protection.title.{known}", count=count(len(questions)).capitalize(), questions=len(questions))
    lines = tuple(say("protection.question", asked=one.asked, to=one.to, by=one.by) for one in questions)
    asked = (Heading(say("protection.questions")), Text(lines, "numbered")) if lines else ()
    return (
        Heading(title, 2, say("protection.part")), Text((say("protection.lead"),), "lead"), *_way(engagement.data_flow, questions),
        Heading(say("protection.told")), *joined(studies, "answers.head_many", lambda study: answers_of(study, PROTECTED)),
        Heading(say("protection.law")), table_of("", columns("protection.law_head"), [columns(f"protection.law.{name}") for name in ("processor", "impact", "act", "staff")]), *asked,
    )  # fmt: skip


def _way(stops: Sequence[Stop], questions: Sequence[_Question]) -> Iterator[Block]:
    """The stops as columns; an open state names its question."""
    numbers = {one.about: n for n, one in enumerate(questions, 1)}
    if stops:
        yield Heading(say("protection.way"))
    for first in range(0, len(stops), ACROSS):
        some = stops[first : first + ACROSS]
        rows: list[tuple[str | Cell, ...]] = [(say(f"protection.{name}"), *(Cell(said) if (said := getattr(one, name)) else Cell(say("protection.open", number=numbers[one.stop]), "stale") for one in some)) for name in _SAID]
        yield table_of("", (say("protection.stop"), *(Cell(one.stop, "strong") for one in some)), rows)


def _questions(studies: Studies) -> Iterator[_Question]:
    """What nobody has said, or only guessed: of the way of the data, then of each workflow."""
    engagement = studies[0].engagement
    legal = confirmer(engagement, "legal"), say("protection.before")
    if not engagement.data_flow:
        yield _Question("", say("protection.ask.way"), *legal)
    for stop in engagement.data_flow:
        if lacking := [locale().lowered(say(f"protection.{name}")) for name in _SAID if not getattr(stop, name)]:
            yield _Question(stop.stop, say("protection.ask.stop", stop=stop.stop, names=", ".join(lacking)), *legal)
    for criterion in (studies[0].catalog.criterion(name) for name in PROTECTED):
        left = [one for one in studies if criterion.id not in one.answers or one.answers[criterion.id].confidence == "guess"]
        dates = [said.confirm_by for one in left if (said := one.answers.get(criterion.id)) and said.confirm_by]
        if left:
            names = "" if len(left) == len(studies) else say("protection.ask.for", names=", ".join(one.workflow.name for one in left))
            asked = criterion.question + (f" {say('protection.ask.guess')}" if any(criterion.id in one.answers for one in left) else "") + names
            yield _Question(criterion.id, asked, confirmer(engagement, criterion.who), say("protection.by", date=day(min(dates))) if dates else say("protection.before"))
