"""The question on screen, and the list of answers."""

from __future__ import annotations

from advisorkit.advice.answers import words_of
from advisorkit.screens.phrases import tell
from advisorkit.screens.stage import Doc, Stage
from advisorkit.study.study import Study
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.quantities import SYMBOLS, Estimate

_WHO = ("business", "IT", "legal")


def waiting(view: Study, stage: Stage) -> list[str]:
    """Criteria still to be asked of those in the room, next best first."""
    found = view.catalog.criteria
    named = [q.criterion for q in view.advice.next_questions]
    return [name for name in named if name not in stage.parked and found[name].who not in stage.absent]


def question(view: Study, stage: Stage) -> Doc | None:
    """The question to show; None when there is nothing left to ask."""
    queue = waiting(view, stage)
    if not stage.asked and (not queue or view.advice.settled):
        return None
    criterion = view.catalog.criterion(stage.asked or queue[0])
    given = view.workflow.answers.get(criterion.id) or view.engagement.answers.get(criterion.id) or Answer()
    return {
        "criterion": criterion.id, "question": criterion.question, "help": criterion.help,
        "kicker": tell("question.again" if stage.asked else "question.next"),
        "count": tell("question.count", rank=queue.index(criterion.id) + 1, count=len(queue)) if criterion.id in queue else "",
        "options": [[level.id, level.label] for level in criterion.levels] if criterion.words else [],
        "chosen": list(given.levels), "unit": _unit(criterion, view.currency), "amount": _typed(given.amount),
        "guess": given.confidence == "guess", "note": given.note, "private_note": "" if stage.presenting else given.private_note,
        "why": _why(view, criterion.id), "fault": stage.faults.get(criterion.id, ""),
        "locked": tell("question.locked") if view.pilot and criterion.id in view.pilot.answers else "",
        "reopened": bool(stage.asked),
    }


def _why(view: Study, criterion: str) -> str:
    bits = {q.criterion: q.information_bits for q in view.advice.next_questions}.get(criterion, 0.0)
    return tell("question.why", bits=f"{bits:.2f}") if bits >= 0.005 else tell("question.topic")


def _unit(criterion: Criterion, currency: str) -> str:
    return (criterion.unit or "").replace("currency", SYMBOLS.get(currency, currency).strip())


def _typed(amount: Estimate | None) -> str:
    return "" if amount is None else plain(amount.likely) if amount.fixed else f"{plain(amount.low)} to {plain(amount.high)}"


def stop(view: Study, stage: Stage) -> Doc:
    """Words for when there is no question on screen."""
    left = [q.criterion for q in view.advice.next_questions if q.criterion not in stage.parked]
    away = [name for name in left if view.catalog.criteria[name].who in stage.absent]
    words = tell("stop.words") if view.advice.settled else tell("stop.room", count=len(away)) if away else tell("stop.none")
    return {"title": tell("stop.title"), "words": words}


def room(stage: Stage) -> list[list[object]]:
    """Who may be in the room, and whether they are."""
    return [[who, tell(f"room.{who}"), who not in stage.absent] for who in _WHO]


def answers(view: Study, stage: Stage) -> Doc:
    """Every answer given, in catalogue order, and what was put aside."""
    given = {**view.engagement.answers, **view.workflow.answers}
    measured = view.pilot.answers if view.pilot else {}
    rows = [_row(c, {**given, **measured}[c.id], view, stage) for c in view.catalog.criteria.values() if c.id in given or c.id in measured]
    unknown = sum(bool(row["unknown"]) for row in rows)
    parked = [_row(view.catalog.criterion(name), Answer(), view, stage) for name in stage.parked if name not in given]
    return {
        "tally": tell("answers.tally", count=len(rows) - unknown),
        "rest": " " + tell("answers.rest", unknown=unknown, open=len(waiting(view, stage))),
        "rows": sorted(rows, key=lambda row: bool(row["unknown"])), "parked": parked,
    }


def _row(criterion: Criterion, answer: Answer, view: Study, stage: Stage) -> Doc:
    words = "" if answer.unknown else words_of(criterion, answer, view.currency)
    return {
        "criterion": criterion.id, "label": criterion.label, "answer": words, "unknown": answer.unknown,
        "guess": answer.confidence == "guess", "note": "" if stage.presenting else answer.note,
    }


def plain(value: float) -> str:
    """A number as it may be typed: thousands parted, no needless decimals.

    Example:
        >>> plain(40_000), plain(1.4), plain(0.0125)
        ('40,000', '1.4', '0.0125')
    """
    text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return (f"{value:.6f}".rstrip("0") if "e" in text else text).replace("-", "−")
