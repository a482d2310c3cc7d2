"""The path: what comes first, what justifies climbing, and what climbing in stages is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, strategies as st

from advisorkit.advice.belief import Belief
from advisorkit.advice.gates import Facts
from advisorkit.advice.ladder import plan, policies, suffices
from advisorkit.catalog.prices import load as load_prices
from advisorkit.catalog.reading import assumptions, load
from advisorkit.costs.facts import Costing
from advisorkit.costs.inputs import inputs_for
from advisorkit.report.advice_pages import asks
from advisorkit.report.annex_pages import annex
from advisorkit.report.pictures import path_stairs
from advisorkit.report.short_pages import assessed
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.quantities import Estimate

TEXT = load().text
chances = st.floats(0.01, 0.99)


def belief(retrieval: float, training: float) -> Belief:
    return Belief(0, 0, retrieval, training, (), (0, 0))


@pytest.fixture(scope="module")
def money() -> Facts:
    engagement = read(samples.path("source-text"))
    return Costing(inputs_for(engagement, engagement.workflow("sop-assistant"), load_prices(engagement.as_of), assumptions())).today


@given(chances, chances)
def test_the_chance_that_a_rung_alone_is_enough(retrieval: float, training: float) -> None:
    expected = {"prompt": (1 - retrieval) * (1 - training), "rag": 1 - training, "finetune": 1 - retrieval, "hybrid": 1}

    assert suffices(belief(retrieval, training)) == pytest.approx(expected)
    for rung in plan(belief(retrieval, training), (), (), "prompt", TEXT):
        assert rung.probability_suffices == pytest.approx(expected[rung.pattern])


def test_the_likelier_need_comes_first_and_both_come_last() -> None:
    facts_first = [rung.rung for rung in plan(belief(0.8, 0.3), (), (), "prompt", TEXT)]
    manner_first = [rung.rung for rung in plan(belief(0.3, 0.8), (), (), "prompt", TEXT)]

    assert facts_first == ["prompt_pilot", "cheap_extensions", "diagnose", "retrieval", "training", "both"]
    assert manner_first == ["prompt_pilot", "cheap_extensions", "diagnose", "training", "retrieval", "both"]


def test_a_pattern_that_is_ruled_out_has_no_rung() -> None:
    rungs = plan(belief(0.8, 0.3), {"finetune"}, {"hybrid"}, "prompt", TEXT)

    assert "finetune" not in [rung.pattern for rung in rungs]
    assert [rung.state for rung in rungs] == ["here", "ahead", "ahead", "ahead", "held"]


def test_where_one_stands_moves_up_with_the_step_for_now() -> None:
    marked = plan(belief(0.8, 0.3), (), (), "prompt", TEXT, piloted=True)
    climbing = plan(belief(0.8, 0.3), (), (), "rag", TEXT, piloted=True)

    assert [rung.state for rung in marked][:3] == ["done", "here", "ahead"]
    assert [rung.rung for rung in climbing if rung.state == "here"] == ["retrieval"]
    assert [rung.state for rung in climbing][:3] == ["done"] * 3


def test_a_rung_that_no_marked_results_finished_is_not_done() -> None:
    climbing = plan(belief(0.8, 0.3), (), (), "rag", TEXT, piloted=True, unfinished={"cheap_extensions"})

    assert [rung.state for rung in climbing][:4] == ["done", "ahead", "done", "here"]


@pytest.mark.parametrize(
    ("job", "examples", "labels", "there"),
    [("classify", Answer(amount=Estimate.of(600)), {}, True),
     ("classify", Answer(("1000_and_more",)), {}, True),
     ("classify", Answer(amount=Estimate.of(300)), {}, False),
     ("classify", Answer(("200_to_999",)), {}, False),
     ("classify", Answer(amount=Estimate.of(600)), {"special_cases": Answer(amount=Estimate.of(200))}, True),
     ("classify", Answer(amount=Estimate.of(600)), {"special_cases": Answer(amount=Estimate.of(201))}, False),
     ("answer", Answer(amount=Estimate.of(600)), {}, False)],
)
def test_an_ordinary_classifier_is_the_first_rung_where_labels_have_enough_examples(job: str, examples: Answer, labels: dict[str, Answer], there: bool) -> None:
    answers = {"task_kind": Answer((job,)), "labelled_examples": examples, **labels}
    client = Engagement("client", "Client", "EUR", date(2026, 11, 20), (Workflow("one", "One", answers),))
    study = Study(client, client.workflows[0])
    first, second = study.advice.path[:2]

    assert ("classifier" in study.advice.companions) is (first.rung == "classifier") is there
    assert not there or (first.pattern, first.probability_suffices, second.rung) == (None, None, "prompt_pilot")
    assert any("Ordinary classifier" in repr(block) for block in (*annex([study]), *assessed(study))) is there
    assert all(stair.pattern for stair in path_stairs(study).stairs)


@pytest.mark.parametrize(
    ("monthly", "name", "told", "asks_for"),
    [(4000, "Prompt pilot", "Start with a marked prompt pilot.", "the prompt pilot"), (20, "Prompt trial", "on single cases, with the right text pasted in", "the prompt trial")],
)
def test_a_prompt_that_a_gate_closed_is_only_tried(monthly: float, name: str, told: str, asks_for: str) -> None:
    """It stood as “Prompt”, to start with, though one prompt with all the texts would show everyone everything."""
    whole = read(samples.path("marked-pilot"))
    closing = {"access_control": Answer(("by_person",)), "facts_in_request": Answer(("none",)), "calls_per_month": Answer(amount=Estimate.of(monthly))}
    study = Study(whole, replace(whole.workflows[0], answers={**whole.workflows[0].answers, **closing}, pilots=()), None, 64)
    first, second = path_stairs(study).stairs[:2]

    assert study.status("prompt") == "ruled_out"
    assert (first.name, first.state, second.pattern) == (name, "now", "rag")
    assert "for everyday use a prompt is ruled out" in first.test
    assert told in study.decision.headline and asks_for in " ".join(asks(study))


def test_every_rung_says_what_justifies_it_and_what_ends_it() -> None:
    rungs = plan(belief(0.5, 0.5), (), (), "prompt", TEXT)

    assert len({rung.enter_when for rung in rungs}) == len({rung.leave_when for rung in rungs}) == 6
    assert all(rung.enter_when and rung.leave_when for rung in rungs)


def test_a_rungs_cost_comes_on_top_of_the_rungs_before(money: Facts) -> None:
    rungs = {rung.rung: rung for rung in plan(belief(0.8, 0.3), (), (), "prompt", TEXT, facts=money)}

    assert rungs["retrieval"].build == money.build["rag"].p50
    assert rungs["both"].build == pytest.approx(money.build["hybrid"].p50 - money.build["rag"].p50)
    assert rungs["diagnose"].build is None


def test_both_without_a_layer_that_was_finished_cost_all_that_both_take(money: Facts) -> None:
    """What is asked for now is that of the step one stands on: a retrieval that was passed over takes nothing off."""
    passed, after = (plan(belief(0.8, 0.7), (), (), "hybrid", TEXT, facts=money, unfinished=left)[-1] for left in (("retrieval", "training"), ("training",)))

    assert (passed.state, passed.build, passed.weeks) == ("here", money.build["hybrid"].p50, money.build_weeks["hybrid"].p50)
    assert after.build == pytest.approx(money.build["hybrid"].p50 - money.build["rag"].p50)


def test_no_step_that_was_passed_over_stands_as_later_below_the_one_where_we_are() -> None:
    """A prompt was marked and failed in both kinds, so both layers come at once: “You are here” stood on the fifth stair, above three for later."""
    whole = read(samples.path("marked-pilot"))
    both = {"prompt_pilot": Answer(("marked_100",)), "needs_both": Answer(("shown",)), "facts_or_behaviour": Answer(("both",)), "information_share": Answer(amount=Estimate.of(0.5)),
            "behaviour_share": Answer(amount=Estimate.of(0.5)), "labelled_examples": Answer(amount=Estimate.of(5000))}
    study = Study(whole, replace(whole.workflows[0], answers={**whole.workflows[0].answers, **both}, pilots=()), None, 64)

    assert [rung.state for rung in study.decision.path][-3:] == ["ahead", "ahead", "here"]
    assert [(stair.pattern, stair.state) for stair in path_stairs(study).stairs] == [("prompt", "done"), ("hybrid", "now")]


def test_without_the_cost_model_money_and_weeks_are_not_known() -> None:
    assert {(rung.build, rung.weeks) for rung in plan(belief(0.5, 0.5), (), (), "prompt", TEXT)} == {(None, None)}
    assert {(policy.build, policy.weeks) for policy in policies(dict.fromkeys(PATTERNS, 0.25))} == {(None, None)}


def test_staging_is_valued_against_going_straight_to_each_pattern(money: Facts) -> None:
    found = {policy.first: policy for policy in policies({"prompt": 0.5, "rag": 0.3, "finetune": 0.1, "hybrid": 0.1}, money)}
    cost = {pattern: money.build[pattern].p50 for pattern in PATTERNS}

    staged = cost["prompt"] + 0.3 * cost["rag"] + 0.1 * cost["finetune"] + 0.1 * cost["hybrid"]
    straight = cost["rag"] + 0.1 * cost["finetune"] + 0.1 * (cost["hybrid"] - cost["rag"])
    assert found["prompt"].build == pytest.approx(staged)
    assert found["rag"].build == pytest.approx(straight)
    assert found["hybrid"].build == pytest.approx(cost["hybrid"])
    assert [found[pattern].suffices for pattern in PATTERNS] == pytest.approx([0.5, 0.8, 0.6, 1.0])


def test_the_detour_costs_the_prompt_where_it_is_not_enough_and_saves_what_is_not_needed(money: Facts) -> None:
    # half of the ways end with the prompt, three in ten with retrieval, one in ten each with training and both
    found = {policy.first: policy for policy in policies({"prompt": 0.5, "rag": 0.3, "finetune": 0.1, "hybrid": 0.1}, money)}
    cost, weeks = ({p: band[p].p50 for p in PATTERNS} for band in (money.build, money.build_weeks))

    # the prompt was a detour in the other half; retrieval straight away was for nothing where it ends without it
    assert found["prompt"].idle_build == pytest.approx(0.5 * cost["prompt"])
    assert found["prompt"].idle_weeks == pytest.approx(0.5 * weeks["prompt"])
    assert found["rag"].idle_build == pytest.approx(0.6 * cost["rag"] - 0.5 * cost["prompt"])
    assert found["hybrid"].idle_weeks == pytest.approx(
        0.9 * weeks["hybrid"] - 0.5 * weeks["prompt"] - 0.3 * weeks["rag"] - 0.1 * weeks["finetune"]
    )


@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
def test_what_the_detour_saves_less_what_it_costs_is_the_difference_of_the_two_ways(money: Facts, weights: list[float]) -> None:
    found = {one.first: one for one in policies({p: w / sum(weights) for p, w in zip(PATTERNS, weights, strict=True)}, money)}
    small, straight = found["prompt"], found["hybrid"]

    assert straight.idle_build - small.idle_build == pytest.approx(straight.build - small.build)  # type: ignore[operator]
    assert straight.idle_weeks - small.idle_weeks == pytest.approx(straight.weeks - small.weeks)  # type: ignore[operator]


def test_a_step_that_is_done_says_what_was_marked_and_neither_what_was_expected_nor_when_to_begin_it() -> None:
    """Of the eight workflows no marked case lies in the file; the pilot of the other sample does, with 70% of 114 right."""
    several, piloted = (read(samples.path(name)) for name in ("source-text", "marked-pilot"))
    done = [stair for work in several.workflows for stair in path_stairs(Study(several, work)).stairs if stair.state == "done"]
    marked = [stair for stair in path_stairs(Study(piloted, piloted.workflows[0], pilots_of(piloted, samples.path("marked-pilot"))[piloted.workflows[0].id])).stairs if stair.state == "done"]

    assert done and not any(stair.test or fact.startswith("Right: ") for stair in done for fact in stair.facts or ("",))
    assert marked[0].facts[0] == "Right: 70%"
