"""The one decision on a workflow: its words, its figures, and that every output says the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from command_line import run

from advisorkit.advice.decision import Decision
from advisorkit.catalog.tables import rules
from advisorkit.pilots.diagnosis import Pilot, diagnose
from advisorkit.pilots.established import established_for
from advisorkit.pilots.marked import MarkedCase, MarkedResults
from advisorkit.pilots.results import read_results
from advisorkit.pilots.tally import Paired
from advisorkit.store.document import to_json
from advisorkit.store.reading import from_json, read
from advisorkit.study.study import Study
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.errors import PilotError
from advisorkit.values.quantities import Estimate, share_in


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


@pytest.mark.parametrize(("target", "share"), [
    ("85 %", 0.85), ("85%", 0.85), ("85 of 100", 0.85), ("85 in 100", 0.85), ("8 in 10", 0.8), ("97% right, measured monthly", 0.97),
    ("92.5 % of answers correct", 0.925), ("100%", 1.0), ("20% fewer calls", None), ("Published outcome: 91 of 100", None), ("0 %", None),
    ("120%", None), ("90% within two days", None), ("fewer complaints", None), ("", None),
])  # fmt: skip
def test_a_share_is_read_from_a_target_only_where_it_plainly_stands(target: str, share: float | None) -> None:
    assert share_in(target) == share


def test_a_target_may_be_a_share_and_other_texts_are_told_by_check(tmp_path: Path) -> None:
    text = "advisorkit: 1\nid: a\nclient: A\ncurrency: EUR\nas_of: 2026-11-20\nworkflows:\n  - {id: w, name: W, context: {target: %s}}\n"
    file = tmp_path / "a.yaml"
    file.write_text(text % "{share: 0.85}", encoding="utf-8")

    assert read(file).workflows[0].wanted == 0.85
    assert from_json(to_json(read(file))) == read(file)
    assert run("check", file).stderr == ""
    file.write_text(text % "faster than now", encoding="utf-8")
    assert "no share right was read from the target" in run("check", file).stderr


def test_expected_right_and_reach_are_worked_out_in_the_open() -> None:
    # the prompt is wrong in 20 %, looking up removes half of that and training a quarter; both 20 % * (1 - 0.5) * (1 - 0.25 * 0.4)
    settings_ = {"error_rate_prompt": 0.2, "retrieval_removes": 0.5, "training_removes": 0.25, "layers_overlap": 0.6}
    fixed = {name: Estimate.of(value) for name, value in settings_.items()}
    held = decided({}, assumptions=fixed, context={"target": "88 %"}).prospects

    assert {p: round(band.p50, 9) for p, band in held.expected_right.items()} == {"prompt": 0.8, "rag": 0.9, "finetune": 0.85, "hybrid": 0.91}
    assert held.reach == {"prompt": 0.0, "rag": 1.0, "finetune": 0.0, "hybrid": 1.0}
    assert (held.target.share, held.target.source) == (0.88, "client")


def test_a_search_that_finds_too_little_limits_what_looking_up_mends() -> None:
    # half the searches bring the passage, 0.5 / 0.8 of what is usual: 20 % * (1 - 0.5 * 0.625)
    fixed = {"error_rate_prompt": Estimate.of(0.2), "retrieval_removes": Estimate.of(0.5)}
    held = decided({"search_hit_rate": Answer(amount=Estimate.of(0.5))}, assumptions=fixed).prospects

    assert held.expected_right["rag"].p50 == pytest.approx(1 - 0.2 * (1 - 0.5 * 0.625))


def marks(right: int, wrong: int, arm: str = "", minutes: float | None = None) -> tuple[MarkedCase, ...]:
    outcomes = ["right"] * right + ["wrong"] * wrong
    return tuple(MarkedCase(str(n), outcome, arm=arm, minutes=minutes) for n, outcome in enumerate(outcomes))  # type: ignore[arg-type]


def test_today_on_the_same_cases_is_paired_and_kept_apart_from_the_pilot() -> None:
    both = (*marks(40, 20), *marks(50, 10, "today", 6.0))
    found = diagnose(Pilot(MarkedResults("a.csv", "table", both), date(2026, 11, 18)))

    assert (found.right.hits, found.right.n, found.today.hits, found.today.n) == (40, 60, 50, 60)
    assert found.against_today == Paired(60, 0, 10)
    assert found.against_today.high < 0
    assert found.minutes["today"].likely == 6
    measured = established_for(Study(client := engagement({}), client.workflows[0]).inputs, [found.pilot], rules()).assumptions
    assert measured["error_rate_today"].likely < measured["error_rate_prompt"].likely  # type: ignore[union-attr]
    assert measured["minutes_per_item"].likely == 6  # type: ignore[union-attr]


def test_two_arms_may_be_marked_on_one_case_and_one_arm_only_once(tmp_path: Path) -> None:
    head = "case,right,arm\n1,yes,\n1,no,today\n"
    (tmp_path / "a.csv").write_text(head, encoding="utf-8")
    assert [mark.arm for mark in read_results(tmp_path / "a.csv").marks] == ["", "today"]

    (tmp_path / "b.csv").write_text(f"{head}1,yes,today\n", encoding="utf-8")
    with pytest.raises(PilotError, match="already marked"):
        read_results(tmp_path / "b.csv")
