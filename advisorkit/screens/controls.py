"""What a session is led by: the question card, the list of answers, the assumption table."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from advisorkit.advice.answers import words_of
from advisorkit.advice.gates import pointless
from advisorkit.costs.inputs import Input
from advisorkit.screens.parts import Doc, tell
from advisorkit.screens.state import Look, State
from advisorkit.study.study import Study
from advisorkit.values.criteria import Axis, Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.prices import PriceAge
from advisorkit.values.quantities import SYMBOLS, Estimate, round_figures

_WHO = ("business", "IT", "legal")
_SHORT = 12
"""Assumptions listed at first."""
_ENDS = ("low", "likely", "high")


def waiting(study: Study, state: State) -> list[str]:
    """Criteria still to be asked of those in the room: next best first, then what is always asked, then every other."""
    found = study.catalog.criteria
    order = dict.fromkeys((*(q.criterion for q in study.advice.next_questions), *sorted(unanswered(study), key=lambda name: not found[name].core)))
    return [name for name in order if name not in state.parked and found[name].who not in state.absent]


def unanswered(study: Study) -> list[str]:
    """Criteria that nobody answered, not even with unknown, and that an answer could still mean something for; in workshop order."""
    belief, given = study.advice.belief, {**study.engagement.answers, **study.workflow.answers, **study.answers}
    chances: dict[Axis, float] = {"retrieval": belief.retrieval, "training": belief.training}
    asked = (one for one in study.catalog.criteria.values() if not one.derived and one.when != "after" and one.id not in given)
    return [one.id for one in asked if not pointless(study.catalog, study.answers, one.id, chances)]


def question(study: Study, state: State, look: Look) -> Doc:
    """The card: the question to ask, or why there is none, and who is in the room."""
    room = [[who, tell(f"room.{who}"), who not in state.absent] for who in _WHO]
    enough = tell("stop.enough", count=len(waiting(study, state))) if study.advice.settled and not look.presenting else ""
    return {"asked": _asked(study, state, look), "enough": enough, "stop": _stop(study, state), "room": room, "presenting": look.presenting}


def _asked(study: Study, state: State, look: Look) -> Doc | None:
    """The question to show; None when there is nothing left to ask."""
    queue = waiting(study, state)
    always = any(study.catalog.criteria[name].core for name in queue)
    if not look.asked and (not queue or (study.advice.settled and not always and not look.asking_on)):
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
    found = next((q for q in study.advice.next_questions if q.criterion == criterion), None)
    if found and found.decides:
        return tell("question.decides")
    if found and found.information_bits >= 0.005:
        return tell("question.why")
    return tell("question.always" if study.catalog.criterion(criterion).core else "question.topic")


def _unit(criterion: Criterion, currency: str) -> str:
    return (criterion.unit or "").replace("currency", SYMBOLS.get(currency, currency).strip())


def _typed(amount: Estimate | None) -> str:
    return "" if amount is None else plain(amount.likely) if amount.fixed else f"{plain(amount.low)} to {plain(amount.high)}"


def _stop(study: Study, state: State) -> Doc:
    """Words for when there is no question on screen."""
    left = [name for name in unanswered(study) if name not in state.parked]
    away, on = [name for name in left if study.catalog.criteria[name].who in state.absent], len(waiting(study, state))
    words = tell("stop.words", count=on) if study.advice.settled and on else tell("stop.room", count=len(away)) if away else tell("stop.none")
    return {"title": tell("stop.title"), "words": words, "on": tell("stop.on") if on else ""}


def questions(study: Study, state: State, look: Look) -> Doc:
    """Every question by topic, in the order of a workshop: how it stands, and what was answered."""
    given, queue = {**study.engagement.answers, **study.workflow.answers, **study.answers}, waiting(study, state)
    asked = look.asked or next(iter(queue), "")
    names = set(queue) | given.keys() | set(state.parked) | set(unanswered(study))
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
    """Every answer given, in catalogue order, and what was put aside."""
    given = {**study.engagement.answers, **study.workflow.answers}
    measured = study.pilot.answers if study.pilot else {}
    rows = [_given(c, {**given, **measured}[c.id], study, look) for c in study.catalog.criteria.values() if c.id in given or c.id in measured]
    unknown = sum(bool(row["unknown"]) for row in rows)
    parked = [_given(study.catalog.criterion(name), Answer(), study, look) for name in state.parked if name not in given]
    return {
        "tally": tell("answers.tally", count=len(rows) - unknown),
        "rest": " " + tell("answers.rest", unknown=unknown, open=len(waiting(study, state))),
        "rows": sorted(rows, key=lambda row: bool(row["unknown"])), "parked": parked,
    }


def _given(criterion: Criterion, answer: Answer, study: Study, look: Look) -> Doc:
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


def assumption_table(study: Study, tried: Collection[str], look: Look, group: str = "") -> Doc:
    """Rows that matter most, all of them or those of a `group`, and what is stale or only tried."""
    ages = {age.id: age for age in study.inputs.prices()}
    changed = sum(_changed(row, tried) for row in study.inputs.rows.values())
    within = [name for name, row in study.inputs.rows.items() if row.assumption.topic == group]
    names = within or (list(study.inputs.rows) if look.every_row else _first(study, tried))
    rows = [_row(study, tried, look, study.inputs.rows[name], ages) for name in names]
    stale = [study.inputs.rows[name].assumption.label for name in study.inputs.rows if _stale(study.inputs.rows[name], ages)]
    return {
        "sub": tell("assumptions.sub", count=changed) if changed else tell("assumptions.sub_none"),
        "rows": rows, "count": len(study.inputs.rows), "every": look.every_row,
        "warnings": [tell("assumptions.stale", count=len(stale), names=", ".join(stale))] if stale else [],
        "what_if": tell("assumptions.what_if") if tried else "",
    }


def _first(study: Study, tried: Collection[str]) -> list[str]:
    rows = study.inputs.rows
    wanted = ["checking_plan"] if rows["review_share"].value is None else []
    wanted += [name for name, row in rows.items() if name not in wanted and (_changed(row, tried) or (row.known and row.changed_by == "answer"))]
    wanted += [bar.input for bar in (study.costs.tornado.bars if study.costs.tornado else ()) if bar.input not in wanted]
    wanted += [name for name in rows if name not in wanted and rows[name].assumption.numeric]
    chosen = set(wanted[: max(_SHORT, sum(_changed(rows[name], tried) for name in wanted))])
    return [name for name in rows if name in chosen]


def _changed(row: Input, tried: Collection[str]) -> bool:
    return row.assumption.name in tried or row.changed_by in {"workflow", "engagement"}


def _stale(row: Input, ages: dict[str, PriceAge]) -> bool:
    return row.price_id in ages and ages[row.price_id].state != "fresh"


def _row(study: Study, tried: Collection[str], look: Look, row: Input, ages: dict[str, PriceAge]) -> Doc:
    name, scale = row.assumption.name, scale_of(row)
    base: Doc = {
        "name": name, "label": row.assumption.label, "unit": row.assumption.unit_in(SYMBOLS.get(study.currency, study.currency).strip(), tell("unit.share")), "source": _source(row, tried, ages), "changed": _changed(row, tried),
        "guess": row.guess, "stale": _stale(row, ages), "fault": look.faults.get(name, ""), "bad": look.faults.get(f"{name} part", ""),
    }
    if not row.assumption.numeric:
        word = study.inputs.word(name)
        choices = row.assumption.choices or tuple(sorted(study.inputs.book.models))
        return {**base, "word": word, "choices": [[c, tell("ui.unknown") if row.value is None and c == word else c] for c in dict.fromkeys((word, *choices))]}
    if row.range is None:
        return {**base, "low": "–", "likely": "", "high": "–", "numbers": None, "step": 0, "floor": 0}
    ends = [_tidy(end * scale, row) for end in (row.range.low, row.range.likely, row.range.high)]
    shown = ["–", plain(ends[1]), "–"] if row.range.fixed else [plain(end) for end in ends]
    floor = None if row.assumption.kind == "real" else 0
    return {**base, **dict(zip(_ENDS, shown, strict=True)), "numbers": ends, "step": _step(ends[1]), "floor": floor}


def _tidy(value: float, row: Input) -> float:
    """What nobody typed is shown with three figures."""
    return round_figures(value, 3) if row.changed_by in {"default", "price book"} else value


def moved(row: Input, part: str, number: float, *, single: bool = True) -> Estimate:
    """The range of `row` with one of its three numbers changed, and the others pushed where it passes them; `number` is as displayed.

    With `single`, a likely value typed where all three are equal replaces all three.
    """
    old, value = row.range, number / scale_of(row)
    if old is None or (single and old.fixed and part == "likely"):
        return Estimate(value, value, value)
    at, ends = _ENDS.index(part), [getattr(old, name) for name in _ENDS]
    return Estimate.of([*(min(end, value) for end in ends[:at]), value, *(max(end, value) for end in ends[at + 1 :])])


def ordered(row: Input, part: str, made: Estimate) -> list[str]:
    """What is said where one number of `row` pushed others of its range: how the three stand now; nothing where it pushed none."""
    old, ends = row.range, (made.low, made.likely, made.high)
    if old is None or old.fixed or all(getattr(old, name) == end for name, end in zip(_ENDS, ends, strict=True) if name != part):
        return []
    return [tell("assumptions.ordered", label=row.assumption.label, **{name: plain(end * scale_of(row)) for name, end in zip(_ENDS, ends, strict=True)})]


def scale_of(row: Input) -> float:
    """By how much a value is multiplied for display: shares are shown as percent."""
    return 100.0 if row.assumption.in_percent else 1.0


def _step(likely: float) -> float:
    """A round step of about a twentieth of `likely`."""
    if likely == 0:
        return 1.0
    raw = abs(likely) / 20
    size = 10 ** math.floor(math.log10(raw))
    return float(max(k * size for k in (1, 2, 5) if k * size <= raw * 1.0001))


def _source(row: Input, tried: Collection[str], ages: dict[str, PriceAge]) -> str:
    if row.assumption.name in tried:
        return tell("source.tried")
    if row.changed_by == "price book":
        age = ages.get(row.price_id)
        return tell("source.price book", days=age.age_days) if age else tell("source.price book_undated")
    return tell(f"source.{row.changed_by}")
