"""The one decision on a workflow: its words, its figures, and that every output says the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from advisorkit.advice.decision import Decision
from advisorkit.study.study import Study
from advisorkit.values.engagement import Answer, Engagement, Workflow


def said(*levels: str) -> Answer:
    return Answer(levels=levels)


def engagement(answers: Mapping[str, Answer], **workflow: object) -> Engagement:
    return Engagement("client", "Client", "EUR", date(2026, 11, 20), (Workflow("one", "One", answers, **workflow),))  # type: ignore[arg-type]


def decided(answers: Mapping[str, Answer], **workflow: object) -> Decision:
    client = engagement(answers, **workflow)
    return Study(client, client.workflows[0], draws=64).decision


ASSISTANT = {
    "facts_in_request": said("none"), "citations": said("required"), "private_knowledge": said("most"),
    "task_kind": said("answer"), "source_form": said("documents"), "example_cost": said("expensive"),
}  # fmt: skip


def test_an_assistant_on_documents_starts_with_a_prompt_and_becomes_retrieval() -> None:
    assert decided(ASSISTANT).headline == "Start with a marked prompt pilot. It will probably become retrieval (RAG)."


def test_what_is_not_clear_is_told_as_a_choice_between_two() -> None:
    made = decided({"facts_or_behaviour": said("facts"), "private_knowledge": said("some")})

    assert not made.clear
    assert made.sentences[0] == "Not yet clear: retrieval or a prompt."
