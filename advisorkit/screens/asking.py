"""The question on screen, and the list of answers."""

from __future__ import annotations

from advisorkit.advice.answers import words_of
from advisorkit.screens.parts import Doc, tell
from advisorkit.screens.state import Look, State
from advisorkit.study.study import Study
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.quantities import SYMBOLS, Estimate

_WHO = ("business", "IT", "legal")


def waiting(study: Study, state: State) -> list[str]:
    """Criteria still to be asked of those in the room, next best first."""
    found = study.catalog.criteria
    named = [q.criterion for q in study.advice.next_questions]
    return [name for name in named if name not in state.parked and found[name].who not in state.absent]


def question(study: Study, state: State, look: Look) -> Doc:
    """The card: the question to ask, or why there is none, and who is in the room."""
    room = [[who, tell(f"room.{who}"), who not in state.absent] for who in _WHO]
    return {"asked": _asked(study, state, look), "stop": _stop(study, state), "room": room, "presenting": look.presenting}


def _asked(study: Study, state: State, look: Look) -> Doc | None:
    """The question to show; None when there is nothing left to ask."""
    queue = waiting(study, state)
    if not look.asked and (not queue or study.advice.settled):
        return None
    criterion = study.catalog.criterion(look.asked or queue[0])
    given = study.workflow.answers.get(criterion.id) or study.engagement.answers.get(criterion.id) or Answer()
    return {
        "criterion": criterion.id, "question": criterion.question, "help": criterion.help,
        "kicker": tell("question.again" if look.asked else "question.next"),
        "count": tell("question.count", rank=queue.index(criterion.id) + 1, count=len(queue)) if criterion.id in queue else "",
        "options": [[level.id, level.label] for level in criterion.levels] if criterion.words else [],
        "chosen": list(given.levels), "unit": _unit(criterion, study.currency), "amount": _typed(given.amount),
        "guess": given.confidence == "guess", "note": given.note, "private_note": "" if look.presenting else given.private_note,
        "why": _why(study, criterion.id), "fault": look.faults.get(criterion.id, ""),
        "locked": tell("question.locked") if study.pilot and criterion.id in study.pilot.answers else "",
        "reopened": bool(look.asked),
    }


def _why(study: Study, criterion: str) -> str:
    bits = {q.criterion: q.information_bits for q in study.advice.next_questions}.get(criterion, 0.0)
    return tell("question.why", bits=f"{bits:.2f}") if bits >= 0.005 else tell("question.topic")


def _unit(criterion: Criterion, currency: str) -> str:
    return (criterion.unit or "").replace("currency", SYMBOLS.get(currency, currency).strip())


def _typed(amount: Estimate | None) -> str:
    return "" if amount is None else plain(amount.likely) if amount.fixed else f"{plain(amount.low)} to {plain(amount.high)}"


def _stop(study: Study, state: State) -> Doc:
    """Words for when there is no question on screen."""
    left = [q.criterion for q in study.advice.next_questions if q.criterion not in state.parked]
    away = [name for name in left if study.catalog.criteria[name].who in state.absent]
    words = tell("stop.words") if study.advice.settled else tell("stop.room", count=len(away)) if away else tell("stop.none")
    return {"title": tell("stop.title"), "words": words}


def answers(study: Study, state: State, look: Look) -> Doc:
    """Every answer given, in catalogue order, and what was put aside."""
    given = {**study.engagement.answers, **study.workflow.answers}
    measured = study.pilot.answers if study.pilot else {}
    rows = [_row(c, {**given, **measured}[c.id], study, look) for c in study.catalog.criteria.values() if c.id in given or c.id in measured]
    unknown = sum(bool(row["unknown"]) for row in rows)
    parked = [_row(study.catalog.criterion(name), Answer(), study, look) for name in state.parked if name not in given]
    return {
        "tally": tell("answers.tally", count=len(rows) - unknown),
        "rest": " " + tell("answers.rest", unknown=unknown, open=len(waiting(study, state))),
        "rows": sorted(rows, key=lambda row: bool(row["unknown"])), "parked": parked,
    }


def _row(criterion: Criterion, answer: Answer, study: Study, look: Look) -> Doc:
    words = "" if answer.unknown else words_of(criterion, answer, study.currency)
    return {
        "criterion": criterion.id, "label": criterion.label, "answer": words, "unknown": answer.unknown,
        "guess": answer.confidence == "guess", "note": "" if look.presenting else answer.note,
    }


def plain(value: float) -> str:
    """A number as it may be typed: thousands parted, no needless decimals.

    Example:
        >>> plain(40_000), plain(1.4), plain(0.0125)
        ('40,000', '1.4', '0.0125')
    """
    text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return (f"{value:.6f}".rstrip("0") if "e" in text else text).replace("-", "−")
