"""A brief goes out with every question, and only what the notes say comes back, as guesses."""

from __future__ import annotations

import pytest

from advisorkit.catalog.reading import load
from advisorkit.intake.brief import prompt, read_reply
from advisorkit.values.errors import EngagementError

NOTES = """Call with the head of claims.
Auditors insist on a source for every answer.   The wordings change about once a month.
Roughly 12 to 15 thousand questions a month."""


def test_the_prompt_asks_every_criterion_that_is_ever_asked_and_holds_the_notes() -> None:
    catalog = load()

    text = prompt(NOTES)

    assert [id for id, c in catalog.criteria.items() if (f"- {id}:" in text) == c.derived] == []
    assert NOTES in text


def test_notes_with_braces_or_our_own_markers_stay_as_they_are() -> None:
    notes = "Use {questions} and {notes} and {} freely."

    assert prompt(notes).count(notes) == 1


def test_a_reply_comes_in_as_guesses_with_their_quotes() -> None:
    reply = """```yaml
answers:
  citations:
    value: required
    quote: "Auditors insist on a source for every answer."
  calls_per_month:
    value: [12000, 15000]
    quote: Roughly 12 to 15 thousand questions a month
```"""

    found = read_reply(reply, NOTES)

    assert found.faults == ()
    assert found.answers["citations"].confidence == "guess"
    assert found.answers["citations"].private_note == "“Auditors insist on a source for every answer.”"
    assert (found.answers["calls_per_month"].amount.low, found.answers["calls_per_month"].amount.high) == (12000, 15000)


def test_what_cannot_be_taken_is_told_line_by_line_and_the_rest_comes_in() -> None:
    reply = """answers:
  citation: {value: required, quote: Auditors insist}
  knowledge_change: {value: sometimes, quote: The wordings change about once a month}
  refuse_to_guess: {value: essential, quote: It must never guess}
  citations: {value: required, quote: Auditors insist on a source}
"""

    found = read_reply(reply, NOTES, "reply.yaml")

    assert list(found.answers) == ["citations"]
    lines = [str(fault) for fault in found.faults]
    assert "line 2" in lines[0] and "citations" in lines[0]
    assert "line 3" in lines[1] and "'sometimes' is not a level of knowledge_change" in lines[1]
    assert "line 4" in lines[2] and "the notes do not hold these words" in lines[2]


@pytest.mark.parametrize("reply", ["", "I cannot help with that.", "[1, 2]", "answers: [", "a: &x 1\nb: *x"])
def test_a_reply_of_another_form_is_refused_whole(reply: str) -> None:
    with pytest.raises(EngagementError):
        read_reply(reply, NOTES)
