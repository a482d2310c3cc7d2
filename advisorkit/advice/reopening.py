"""Which of the conditions under which a decision is worth another look hold today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from advisorkit.advice.advice import Advice
from advisorkit.costs.inputs import Inputs
from advisorkit.files.texts import Texts
from advisorkit.values.criteria import Rules
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.quantities import day

_say = Texts("advice").say
_MONTH = 365.25 / 12

Condition = Literal["advice_moved", "prices_old", "model_ends", "answer_unconfirmed", "pilot_old"]


@dataclass(frozen=True, slots=True)
class Reopened:
    """One condition and whether it holds."""

    workflow: str
    """Workflow id."""
    condition: Condition
    """Which one."""
    subject: str
    """What it is about: a criterion, a price, a model, a file."""
    holds: bool
    """Whether it holds on the day of the engagement."""
    on: date | None
    """Day from which it holds, or will hold; None when no day is known."""
    why: str
    """In a client's words."""


def reopen_checks(engagement: Engagement, workflow: Workflow, inputs: Inputs, advice: Advice, rules: Rules) -> tuple[Reopened, ...]:
    """Every dated condition for looking at a workflow again, those that hold first, the soonest before the later.

    Beside these stands `Advice.reopen_when`: changes in the world that no file can see.
    """
    found = (
        *_moved(engagement, workflow, advice),
        *_prices(engagement, workflow, inputs),
        *_models(engagement, workflow, inputs, advice),
        *_answers(engagement, workflow),
        *_pilots(engagement, workflow, rules.pilot_months),
    )
    return tuple(sorted(found, key=lambda one: (not one.holds, one.on or engagement.as_of, one.condition, one.subject)))


def _moved(engagement: Engagement, workflow: Workflow, advice: Advice) -> Iterator[Reopened]:
    told = [line for line in engagement.history if line.workflow == workflow.id and line.date <= engagement.as_of]
    if not told:
        return
    last = told[-1]
    moved = (last.recommended, last.now) != (advice.recommended, advice.now)
    goals = {"then": last.recommended, "then_now": last.now, "today": advice.recommended, "today_now": advice.now}
    why = _say("reopen.moved" if moved else "reopen.stands", date=day(last.date), **goals)
    yield Reopened(workflow.id, "advice_moved", advice.recommended, moved, engagement.as_of if moved else None, why)


def _prices(engagement: Engagement, workflow: Workflow, inputs: Inputs) -> Iterator[Reopened]:
    old = [age for age in inputs.prices() if age.state != "fresh"]
    if old:
        oldest = max(old, key=lambda age: age.age_days)
        why = _say("reopen.prices", count=len(old), date=day(oldest.as_of))
        yield Reopened(workflow.id, "prices_old", oldest.id, holds=True, on=engagement.as_of, why=why)


def _models(engagement: Engagement, workflow: Workflow, inputs: Inputs, advice: Advice) -> Iterator[Reopened]:
    used = ["tuned_model"] if advice.now in {"finetune", "hybrid"} else []
    for name in ("model", *used):
        ends = inputs.model(name).retires
        if ends is not None and (ends - engagement.as_of).days <= inputs.months * _MONTH:
            why = _say("reopen.model", model=inputs.word(name), date=day(ends))
            yield Reopened(workflow.id, "model_ends", inputs.word(name), ends <= engagement.as_of, ends, why)


def _answers(engagement: Engagement, workflow: Workflow) -> Iterator[Reopened]:
    for name, answer in engagement.answers_of(workflow).items():
        due = answer.confirm_by
        if due is not None:
            why = _say("reopen.confirm", date=day(due))
            yield Reopened(workflow.id, "answer_unconfirmed", name, due < engagement.as_of, due, why)


def _pilots(engagement: Engagement, workflow: Workflow, months: float) -> Iterator[Reopened]:
    if workflow.pilots:
        last = workflow.pilots[-1]
        due = date.fromordinal(min(last.date.toordinal() + round(months * _MONTH), date.max.toordinal()))
        holds = due <= engagement.as_of
        why = _say("reopen.pilot_old" if holds else "reopen.pilot_good", date=day(last.date), until=day(due))
        yield Reopened(workflow.id, "pilot_old", last.file, holds, due, why)
