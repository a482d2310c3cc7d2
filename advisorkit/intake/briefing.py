"""A brief run with a model: notes to guesses in a few rounds, every quote checked, and the model's own reading of the whole beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.files.numbers import ONE, Measure
from advisorkit.files.texts import Texts
from advisorkit.intake.brief import choices, prompt, quoted, read_reply, root_of
from advisorkit.intake.questionnaire import Reply
from advisorkit.values.engagement import Answer, SecondReading
from advisorkit.values.errors import AdvisorError, EngagementError, Fault
from advisorkit.values.patterns import PATTERNS

Ask = Callable[[Sequence[Mapping[str, str]]], str]
"""Sends the turns of a conversation, each with ``role`` and ``content``, and gives the model's words."""
ROUNDS = 3
"""The first reply and at most two repairs."""
_MOST = 2
"""Answers that one quote may stand behind."""
_PERCENT = Measure("percent", {"%": ONE, "percent": ONE})
say = Texts("briefing").say


def second_prompt(notes: str) -> str:
    """The text that asks for the model's own reading of the notes."""
    return say("ask.second", notes=notes.strip())


def briefed(notes: str, ask: Ask) -> Reply:
    """The guesses that a model finds in notes, with what was refused at last; an answer once taken is never lost or changed by a later round.

    A quote has to stand in the notes and to bear its answer out: by its figures, else in the model's own judgement of the quote alone.

    Raises:
        AdvisorError: If the model cannot be asked, before anything was taken.
    """
    taken, refused, notices, turns = dict[str, Answer](), list[Fault](), list[str](), [_turn("user", prompt(notes))]
    for n in range(1, ROUNDS + 1):
        try:
            said = ask(turns)
            found = _read(said, notes, f"reply {n}")
            new = {name: one for name, one in found.answers.items() if name not in taken}
            doubts = _doubts(new, Counter(one.private_note for one in (*taken.values(), *new.values())), ask, f"reply {n}")
        except AdvisorError as error:
            if not taken:
                raise
            return Reply(taken, (*_open(refused, taken), Fault("", "", str(error))), tuple(notices))
        taken |= {name: one for name, one in new.items() if name not in doubts}
        faults, notices = (*found.faults, *doubts.values()), [*notices, *found.notices]
        refused += faults
        if not faults:
            break
        turns += [_turn("assistant", said), _turn("user", say("ask.again", faults="\n".join(f"- {fault}" for fault in faults)))]
    return Reply(taken, _open(refused, taken), tuple(notices))


def _open(refused: Sequence[Fault], taken: Mapping[str, Answer]) -> tuple[Fault, ...]:
    """What was refused in any round and never taken, each once."""
    last = {(fault.where.rpartition(" ")[2], fault.message): fault for fault in refused if not set(re.findall(r"\w+", fault.where)) & taken.keys()}
    return tuple(last.values())


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _read(said: str, notes: str, file: str) -> Reply:
    try:
        return read_reply(said, notes, file)
    except EngagementError as error:
        return Reply({}, error.faults)


def _doubts(new: Mapping[str, Answer], stands: Mapping[str, int], ask: Ask, file: str) -> dict[str, Fault]:
    """What speaks against answers whose quotes stand in the notes, by criterion: a quote too many rest on, or the model's own reading of the quote alone."""
    against = {name: say("too_many", count=stands[one.private_note], most=_MOST) for name, one in new.items() if stands[one.private_note] > _MOST}
    left = {str(n): name for n, name in enumerate((name for name in new if name not in against), 1)}
    items = [say("ask.quote", n=n, question=load_catalog().criteria[name].question, answers=_choices(new[name], name), quote=new[name].private_note.strip("“”")) for n, name in left.items()]
    heard = dict(re.findall(r"^\W*(\d+)\W+(\w+)", ask([_turn("user", say("ask.quotes", items="\n".join(items)))]), re.MULTILINE)) if items else {}
    against |= {name: say("unsupported", quote=new[name].private_note) for n, name in left.items() if heard.get(n) not in (new[name].levels or ("yes",))}
    return {name: Fault(file, name, why) for name, why in against.items()}


def _choices(said: Answer, name: str) -> str:
    criterion = load_catalog().criteria[name]
    return " | ".join((*([f"yes ({said.amount.low:g} to {said.amount.high:g} {criterion.unit})"] if said.amount else choices(criterion)), "none"))


def second_reading(notes: str, ask: Ask, model: str, on: date) -> SecondReading:
    """The model's own chances of the four patterns, each with words of the notes; they enter no sum.

    Raises:
        AdvisorError: If it cannot be asked, or its reply is no such reading.
    """
    root = root_of(ask([_turn("user", second_prompt(notes))]), "second reading")
    found = {name: (value.estimate(0, 100, _PERCENT), quote) for name, (value, _, quote) in quoted(root, PATTERNS, "way", notes)}
    shares = {pattern: share.likely for pattern in PATTERNS if pattern in found and (share := found[pattern][0])}
    total = sum(shares.values())
    if root.faults or not 90 <= total <= 110:
        raise EngagementError(root.faults or [Fault("second reading", "", say("no_sum", total=f"{total:g}"))])
    return SecondReading(on, model, {p: round(share / total, 2) for p, share in shares.items()}, {p: found[p][1] for p in shares})
