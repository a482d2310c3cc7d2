"""A prompt for the language model that the client allows, and its reply read back as guesses. No model is called."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.catalog.vocabulary import answer
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, parse_yaml
from advisorkit.intake.questionnaire import Reply, asked
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.errors import EngagementError, Fault

_NOTES = re.compile(r"\n={10}\n(.*)\n={10}\s*\Z", re.DOTALL)
_FENCE = re.compile(r"\A\s*```[a-z]*\n(.*?)\n```\s*\Z", re.DOTALL)


def prompt(notes: str) -> str:
    """The text to give to the model: the questions that may be asked and the consultant's notes.

    Example:
        >>> "citations: Must each answer" in prompt("Auditors want sources.")
        True
    """
    text = (files("advisorkit") / "data" / "text" / "en" / "brief.txt").read_text(encoding="utf-8")
    before, after = text.split("{notes}")
    return before.replace("{questions}", "\n".join(map(_question, asked()))) + notes.strip() + after


def notes_in(text: str) -> str | None:
    """The notes that a prompt made by `prompt` holds; None when `text` is not such a prompt.

    Example:
        >>> notes_in(prompt("Auditors want sources."))
        'Auditors want sources.'
    """
    found = _NOTES.search(text)
    return found[1] if text.startswith("advisorkit brief\n") and found else None


def _question(criterion: Criterion) -> str:
    words = " | ".join(f"{level.id} ({level.label})" for level in criterion.levels) if criterion.words else ""
    number = f"a number of {criterion.unit}, or [low, high]" if criterion.unit else ""
    return f"- {criterion.id}: {criterion.question} Answer: {' or '.join(part for part in (words, number) if part)}"


def read_reply(text: str, notes: str, file: str = "reply") -> Reply:
    r"""The guesses in a reply; what is not a criterion, not a level or not backed by the notes is a fault.

    Each guess has its quote as a private note and is to be confirmed by a person.

    Args:
        text: The model's reply, YAML as asked for; a code fence around it is taken off.
        notes: The same notes that the prompt held; every quote must stand in them, white space aside.
        file: Name of the reply for messages.

    Raises:
        EngagementError: If the reply is not YAML of the form asked for, so that nothing can be taken from it.

    Example:
        >>> said = "answers:\n  citations: {value: required, quote: Auditors want sources}"
        >>> read_reply(said, "Auditors want sources.").answers["citations"].levels
        ('required',)
    """
    criteria, faults = load_catalog().criteria, list[Fault]()
    fenced = _FENCE.match(text)
    root = Spot(parse_yaml(fenced[1] if fenced else text, file), "", file, faults)
    if not isinstance(root.node, Fields) or "answers" not in root.fields():
        raise EngagementError([Fault(file, "", "is not a reply to the brief: it must start with 'answers:'")])
    entries = root.fields(("answers",))["answers"].fields(criteria, "criterion")
    found = {name: _guess(spot, criteria[name], " ".join(notes.split())) for name, spot in entries.items()}
    return Reply({name: guess for name, guess in found.items() if guess is not None}, tuple(faults))


def _guess(spot: Spot, criterion: Criterion, notes: str) -> Answer | None:
    members = spot.fields(("value", "quote"))
    missing = [name for name in ("value", "quote") if name not in members or members[name].absent]
    if missing:
        spot.fault(f"needs a {' and a '.join(missing)}")
        return None
    if criterion.derived:
        spot.fault(f"{criterion.id} is never asked: it follows from the pilot or other answers")
        return None
    quote = " ".join((members["quote"].text() or "").split())
    if not quote or quote not in notes:
        members["quote"].fault("the notes do not hold these words, so the answer is not taken")
        return None
    said = answer(members["value"], criterion)
    return None if said is None or said == Answer() else replace(said, confidence="guess", private_note=f"“{quote}”")
