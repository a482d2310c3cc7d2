"""What a session is led by: the question card, the list of all questions, the list of answers, and the table of assumptions with what matters, what was changed and what is only tried."""

import math
from collections.abc import Collection, Sequence
from typing import Any

from advisorkit.advice.answers import words_of
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.costs.assumption import TOPICS, word_told
from advisorkit.costs.inputs import Input
from advisorkit.export.blocks import Cell, table_of
from advisorkit.report.annex_pages import PRIVATE
from advisorkit.report.short_pages import beside
from advisorkit.screens.parts import Doc, Look, block, blocks, tell
from advisorkit.screens.state import State
from advisorkit.study.study import Study
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import here, locale
from advisorkit.values.prices import PriceAge
from advisorkit.values.quantities import SYMBOLS, Estimate, money_short, plain as short, round_figures, span

_SHORT = 12
"""Assumptions listed while nobody can tell which of them matter."""
_ENDS = ("low", "likely", "high")


def plain(value: float) -> str:
    """A number as it may be typed in the language that is told in: thousands parted, no needless decimals.

    Example:
        >>> plain(40_000), plain(1.4), plain(0.0125)
        ('40,000', '1.4', '0.0125')
    """
    text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return locale().number(f"{value:.6f}".rstrip("0") if "e" in text else text).replace("-", "−")


def assumption_table(study: Study, kept: Study, tried: Collection[str], look: Look, group: str = "") -> Doc:
    """A list of assumptions, or those of a `group`; `kept` is the study without what is tried, so that rows keep their places."""
    rows, ages = study.inputs.rows, {age.id: age for age in study.inputs.prices()}
    matter = _matters(kept)
    lists = {"matters": (*matter, *(name for name in tried if name not in matter)), "changed": [n for n in rows if _changed(study, rows[n], tried)], "all": list(rows)}
    topics = {topic: [n for n in rows if rows[n].assumption.topic == topic] for topic in TOPICS}
    which = group or look.listed
    found = [n for n in rows if look.sought.casefold() in _words(study, rows[n], tried, ages)] if look.sought and not group else None
    shown = found if found is not None else lists[which] if which in lists else topics[which]
    swings = {bar.input: bar.swing for bar in kept.costs.tornado.bars} if which == "matters" and found is None and kept.priced and kept.costs.tornado else {}
    stale = [row.assumption.label for row in rows.values() if _stale(row, ages)]
    made = [_row(study, tried, look, rows[name], ages) | _beside(rows[name], kept, tried, swings) for name in shown]
    if which == "all" and found is None:
        firsts = {topics[topic][0]: tell(f"topic.{topic}") for topic in TOPICS}
        made = [row | {"over": firsts.get(str(row["name"]), "")} for row in sorted(made, key=lambda row: TOPICS.index(rows[str(row["name"])].assumption.topic))]
    return {
        "title": tell(f"topic.{group}") if group else tell("assumptions.title", count=len(rows)), "sub": _sub(kept, which, made, found is not None),
        "rows": made, "moves": bool(swings), "sought": look.sought, "which": "" if found is not None else which,
        "lists": [] if group else [[name, tell(f"assumptions.{name}", count=len(names))] for name, names in lists.items()],
        "topics": [] if group else [[topic, tell(f"topic.{topic}"), len(names)] for topic, names in topics.items()],
        "warnings": [tell("assumptions.stale", count=len(stale), names=", ".join(stale))] if stale else [],
    }  # fmt: skip


def _matters(kept: Study) -> Sequence[str]:
    """What must be asked for, then what moves gain or total by 5 % or more, largest swing first; the first of the table while nothing tells."""
    rows, swings = kept.inputs.rows, kept.costs.tornado if kept.priced else None
    asked = [row.assumption.name for row in kept.rank.ask] if kept.priced and not kept.decision.replaced else []
    plan = ["checking_plan"] if rows["review_share"].value is None else []
    telling = swings.telling if swings else [name for name, row in rows.items() if row.assumption.numeric][:_SHORT]
    return list(dict.fromkeys((*asked, *plan, *telling)))


def _words(study: Study, row: Input, tried: Collection[str], ages: dict[str, PriceAge]) -> str:
    told = row.assumption
    return " ".join((told.label, told.meaning, _unit(row, study.currency), told.name, tell(f"topic.{told.topic}"), _source(study, row, tried, ages), told.source)).casefold()


def _unit(row: Input, currency: str) -> str:
    return row.assumption.unit_words(currency, tell("unit.share")) if row.assumption.numeric else ""


def _beside(row: Input, kept: Study, tried: Collection[str], swings: dict[str, float]) -> Doc:
    """What was kept, where another value is tried; and by how much the row moves the result."""
    name, old = row.assumption.name, kept.inputs.rows[row.assumption.name]
    was = tell("assumptions.was", value=plain(tidy(kept, old, old.range.likely * scale_of(old))), source=locale().lowered(_source(kept, old, (), {}))) if name in tried and old.range else ""
    swing = swings.get(name, 0.0)
    moves = [money_short(swing, kept.currency), swing / max(swings.values())] if swing and swing >= 1e-4 * max(swings.values()) else None
    return {"was": was, "kept": old.range.likely * scale_of(old) if was and old.range else None, "moves": moves}


def _sub(kept: Study, which: str, made: Sequence[Doc], found: bool) -> str:
    if found:
        return tell("assumptions.found", count=len(made))
    swings = kept.costs.tornado if kept.priced else None
    if which != "matters" or swings is None:
        return tell("assumptions.sub")
    return tell("assumptions.sub_gain" if swings.against == "today" else "assumptions.sub_saving", pattern=kept.name(swings.better), count=len(swings.telling))


def _changed(study: Study, row: Input, tried: Collection[str]) -> bool:
    own = row.changed_by in {"workflow", "engagement"} and row.assumption.name not in study.measured
    return own or row.assumption.name in tried


def _stale(row: Input, ages: dict[str, PriceAge]) -> bool:
    return row.price_id in ages and ages[row.price_id].state != "fresh"


def _row(study: Study, tried: Collection[str], look: Look, row: Input, ages: dict[str, PriceAge]) -> Doc:
    name, scale = row.assumption.name, scale_of(row)
    base: Doc = {
        "name": name, "label": row.assumption.label, "unit": _unit(row, study.currency), "source": _source(study, row, tried, ages), "changed": _changed(study, row, tried),
        "guess": row.guess, "stale": _stale(row, ages), "fault": look.faults.get(name, ""), "bad": look.faults.get(f"{name} part", ""), "typed": look.faults.get(f"{name} typed", ""),
    }
    if not row.assumption.numeric:
        word = study.inputs.word(name)
        choices = row.assumption.choices or tuple(sorted(study.inputs.book.models))
        return {**base, "word": word, "choices": [[c, tell("ui.unknown") if row.value is None and c == word else word_told(c)] for c in dict.fromkeys((word, *choices))]}
    if row.range is None:
        return {**base, "low": "–", "likely": "", "high": "–", "numbers": None, "step": 0, "floor": 0}
    ends = [tidy(study, row, end * scale) for end in (row.range.low, row.range.likely, row.range.high)]
    shown = ["–", plain(ends[1]), "–"] if row.range.fixed else [plain(end) for end in ends]
    if base["fault"] and base["bad"] in _ENDS:
        base["fault"] = tell("fault.still", why=str(base["fault"]).rstrip("."), value=plain(ends[_ENDS.index(str(base["bad"]))]))
    floor = None if row.assumption.kind == "real" else 0
    return {**base, **dict(zip(_ENDS, shown, strict=True)), "numbers": ends, "step": _step(ends[1]), "floor": floor}


def tidy(study: Study, row: Input, value: float) -> float:
    """What nobody typed is shown with three figures, other broken numbers with four."""
    if row.assumption.whole:
        return round(value)
    typed = row.changed_by not in {"default", "price book"} and row.assumption.name not in study.measured
    return value if value == int(value) else round_figures(value, 4 if typed else 3)


def moved(row: Input, part: str, number: float, *, single: bool = True) -> Estimate:
    """The range of `row` with one of its three numbers changed, and the others pushed where it passes them; `number` is as displayed.

    With `single`, a likely value typed where all three are equal replaces all three.
    """
    old, value = row.range, number / scale_of(row)
    if old is None or (single and old.fixed and part == "likely"):
        return Estimate(value, value, value)
    at, ends = _ENDS.index(part), [round(end) if row.assumption.whole else end for end in (old.low, old.likely, old.high)]
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


def _source(study: Study, row: Input, tried: Collection[str], ages: dict[str, PriceAge]) -> str:
    if row.assumption.name in tried:
        return tell("source.tried")
    if row.assumption.name in study.measured:
        return tell("source.measured")
    if row.changed_by == "answer" and row.assumption.by_answer and not row.assumption.answer:
        return tell("source.derived", label=load_catalog().criterion(row.assumption.by_answer.criterion).label)
    if row.changed_by == "price book":
        age = ages.get(row.price_id)
        return tell("source.price book", days=age.age_days) if age else tell("source.price book_undated")
    return tell(f"source.{row.changed_by}")


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
        "chosen": list(given.levels), "unit": _asked_unit(criterion, study.currency),
        "amount": look.faults.get(f"{criterion.id} typed") or ("" if _hidden(criterion, look) else typed(given.amount)), "guess": given.confidence == "guess",
        **{name: "" if look.presenting else getattr(given, name) for name in ("note", "said_by", "private_note")},
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


def _asked_unit(criterion: Criterion, currency: str) -> str:
    return here(criterion.unit or "").replace("currency", SYMBOLS.get(currency, currency).strip())


def typed(amount: Estimate | None) -> str:
    """An amount as its field shows it, broken numbers in three figures; the field sends it back so where nobody types another.

    Example:
        >>> typed(Estimate.of(10_000 / 12)), typed(Estimate.of([20_000, 60_000])), typed(None)
        ('833', '20,000 to 60,000', '')
    """
    return "" if amount is None else short(amount.likely) if amount.fixed else span(short(amount.low), short(amount.high))


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
        rows = [_listed(one, given.get(one.id), one.id in state.parked, study, look) for one in study.catalog.criteria.values() if one.topic == topic and one.id in names]
        done = sum(row["mark"] in "✓≠?" for row in rows)
        topics.append({"title": title, "count": tell("questions.count", done=done, of=len(rows)), "rows": rows, "open": any(row["criterion"] == asked for row in rows)})
    states = [row["mark"] for topic in topics for row in topic["rows"]]
    counts = {name: sum(mark in marks for mark in states) for name, marks in (("answered", "✓≠"), ("unknown", "?"), ("parked", "‖"), ("open", "○"))}
    return {"title": tell("questions.title", count=len(states)), "tally": tell("questions.tally", **counts), "asked": asked, "topics": [one for one in topics if one["rows"]]}


def _hidden(criterion: Criterion, look: Look) -> bool:
    """Whether what was answered stays off the screen, as a budget does in presenter mode."""
    return look.presenting and criterion.id in PRIVATE


def _listed(criterion: Criterion, answer: Answer | None, parked: bool, study: Study, look: Look) -> dict[str, str]:
    mark = "‖" if parked else "○" if answer is None else "?" if answer.unknown else "≠" if len(answer.levels) > 1 else "✓"
    words = "" if answer is None or answer.unknown or _hidden(criterion, look) else words_of(criterion, answer, study.currency)
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
    words = "" if answer.unknown or _hidden(criterion, look) else words_of(criterion, answer, study.currency)
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
