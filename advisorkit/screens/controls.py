"""What a session is led by: the question card, the list of all questions, the list of answers."""

from typing import Any

from advisorkit.advice.answers import words_of
from advisorkit.export.blocks import Cell, table_of
from advisorkit.report.second_reading import beside
from advisorkit.screens.assumed import plain
from advisorkit.screens.parts import Doc, block, blocks, tell
from advisorkit.screens.state import Look, State
from advisorkit.study.study import Study
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import here
from advisorkit.values.quantities import SYMBOLS, Estimate, span

_WHO = ("business", "IT", "legal")


def waiting(study: Study, state: State) -> list[str]:
    """Criteria still to be asked of those in the room: next best first, then what is always asked, then every other."""
    found = study.catalog.criteria
    order = dict.fromkeys((*(q.criterion for q in study.advice.next_questions), *sorted(study.decision.to_ask, key=lambda name: not found[name].core)))
    return [name for name in order if name not in state.parked and found[name].who not in state.absent]


def question(study: Study, state: State, look: Look) -> Doc:
    """The card: the question to ask, or why there is none, and who is in the room."""
    room = [[who, tell(f"room.{who}"), who not in state.absent] for who in _WHO]
    enough = tell("stop.enough", state=_enough(study), count=len(waiting(study, state))) if study.advice.settled and not look.presenting else ""
    return {"asked": _asked(study, state, look), "enough": enough, "stop": _stop(study, state), "room": room, "presenting": look.presenting}


def _rests(study: Study, look: Look, queue: list[str]) -> bool:
    """Whether nothing has to be asked any more: nothing is left, or nothing that would matter and nobody asks on."""
    return not any(study.catalog.criteria[name].core or not study.advice.settled or look.asking_on for name in queue)


def _asked(study: Study, state: State, look: Look) -> Doc | None:
    """The question to show; None when there is nothing left to ask."""
    queue = waiting(study, state)
    if not look.asked and _rests(study, look, queue):
        return None
    criterion = study.catalog.criterion(look.asked or queue[0])
    given = study.workflow.answers.get(criterion.id) or study.engagement.answers.get(criterion.id) or Answer()
    return {
        "criterion": criterion.id, "question": criterion.question, "help": criterion.help,
        "kicker": tell("question.again" if look.asked else "question.next"),
        "count": tell("question.count", rank=queue.index(criterion.id) + 1, count=len(queue)) if criterion.id in queue else "",
        "options": [[level.id, level.label] for level in criterion.levels] if criterion.words else [],
        "chosen": list(given.levels), "unit": _unit(criterion, study.currency), "amount": look.faults.get(f"{criterion.id} typed") or _typed(given.amount),
        "guess": given.confidence == "guess", "note": given.note, "said_by": given.said_by, "private_note": "" if look.presenting else given.private_note,
        "why": _why(study, criterion.id, look), "fault": look.faults.get(criterion.id, ""),
        "locked": tell("question.locked") if study.pilot and criterion.id in study.pilot.answers else "",
        "reopened": bool(look.asked), "echo": look.echo[1] if look.echo[0] == criterion.id else "",
    }


def _why(study: Study, criterion: str, look: Look) -> str:
    found = next((q for q in study.advice.next_questions if q.criterion == criterion), None)
    if found and found.decides:
        return tell("question.decides")
    if found and found.information_bits >= 0.005:
        return tell("question.why")
    return tell("question.always") if study.catalog.criterion(criterion).core else "" if look.asked else tell("question.topic")


def _unit(criterion: Criterion, currency: str) -> str:
    return here(criterion.unit or "").replace("currency", SYMBOLS.get(currency, currency).strip())


def _typed(amount: Estimate | None) -> str:
    return "" if amount is None else plain(amount.likely) if amount.fixed else span(plain(amount.low), plain(amount.high))


def _enough(study: Study) -> str:
    """Enough to decide, or as much as words can tell."""
    return tell("stop.asked" if study.decision.sure == "open" else "stop.title")


def _stop(study: Study, state: State) -> Doc:
    """Words for when there is no question on screen."""
    away, on = [name for name in study.decision.to_ask if name not in state.parked and study.catalog.criteria[name].who in state.absent], len(waiting(study, state))
    words = tell("stop.words", count=on) if study.advice.settled and on else tell("stop.room", count=len(away)) if away else tell("stop.none")
    plan = tell("stop.plan") if study.advice.next_step.action == "pilot" and study.plan.mark else ""
    return {"title": _enough(study) if on else tell("stop.all"), "words": words, "on": tell("stop.on") if on else "", "plan": plan}


def questions(study: Study, state: State, look: Look) -> Doc:
    """Every question by topic, in the order of a workshop: how it stands, and what was answered."""
    given, queue = {**study.engagement.answers, **study.workflow.answers, **study.answers}, waiting(study, state)
    asked = look.asked or ("" if _rests(study, look, queue) else queue[0])
    names = set(queue) | given.keys() | set(state.parked) | set(study.decision.to_ask)
    topics: list[dict[str, Any]] = []
    for topic, title in study.catalog.topics.items():
        rows = [_listed(one, given.get(one.id), one.id in state.parked, study) for one in study.catalog.criteria.values() if one.topic == topic and one.id in names]
        done = sum(row["mark"] in "✓≠?" for row in rows)
        topics.append({"title": title, "count": tell("questions.count", done=done, of=len(rows)), "rows": rows, "open": any(row["criterion"] == asked for row in rows)})
    states = [row["mark"] for topic in topics for row in topic["rows"]]
    counts = {name: sum(mark in marks for mark in states) for name, marks in (("answered", "✓≠"), ("unknown", "?"), ("parked", "‖"), ("open", "○"))}
    return {"title": tell("questions.title", count=len(states)), "tally": tell("questions.tally", **counts), "asked": asked, "topics": [one for one in topics if one["rows"]]}


def _listed(criterion: Criterion, answer: Answer | None, parked: bool, study: Study) -> dict[str, str]:
    mark = "‖" if parked else "○" if answer is None else "?" if answer.unknown else "≠" if len(answer.levels) > 1 else "✓"
    words = "" if answer is None or answer.unknown else words_of(criterion, answer, study.currency)
    return {"criterion": criterion.id, "label": criterion.label, "mark": mark, "state": tell(f"mark.{mark}"), "answer": words}


def answers(study: Study, state: State, look: Look) -> Doc:
    """Every answer given, the newest first, and what was put aside."""
    given, own = {**study.engagement.answers, **study.workflow.answers}, list(study.workflow.answers)[::-1]
    measured = study.pilot.answers if study.pilot else {}
    order = dict.fromkeys((*(name for name in own if name not in measured), *measured, *given))
    rows = [_given(study.catalog.criterion(name), {**given, **measured}[name], study, look) for name in order]
    unknown = sum(bool(row["unknown"]) for row in rows)
    parked = [_given(study.catalog.criterion(name), Answer(), study, look) for name in state.parked if name not in given]
    return {
        "tally": tell("answers.tally", count=len(rows) - unknown),
        "rest": " " + tell("answers.rest", unknown=unknown, open=len(waiting(study, state))),
        "rows": rows, "parked": parked,
    }


def _given(criterion: Criterion, answer: Answer, study: Study, look: Look) -> Doc:
    words = "" if answer.unknown else words_of(criterion, answer, study.currency)
    words = tell("answers.views", count=len(answer.levels), words=words) if len(answer.levels) > 1 else words
    return {
        "criterion": criterion.id, "label": criterion.label, "answer": words, "unknown": answer.unknown,
        "guess": answer.confidence == "guess", "note": "" if look.presenting else answer.note,
    }


def brief(study: Study, look: Look) -> Doc:
    """What a model took from the notes, with its words, to be accepted, changed or dropped; and its own reading of the whole. Nothing in presenter mode."""
    found = {name: one for name, one in study.workflow.answers.items() if one.confidence == "guess" and one.private_note.startswith("“")}
    if look.presenting or not (found or study.workflow.second_reading):
        return blocks()
    criteria, acts = study.catalog.criteria, ("accept", "ask", "forget")
    rows: list[tuple[str | Cell, ...]] = [
        (criteria[name].label, words_of(criteria[name], one, study.currency), Cell(one.private_note, "quote"), *(tell(f"brief.{act}") for act in acts))
        for name, one in found.items()
    ]
    links = [(row, column, act, {"criterion": name}) for row, name in enumerate(found) for column, act in enumerate(acts, 3)]
    table = table_of(tell("brief.title", count=len(found)), tell("brief.head").split(" | "), rows, subtitle=tell("brief.sub"))
    return blocks(*([block(table, wide=True, links=links)] if found else ()), *(block(one, wide=True) for one in beside(study)))
