"""What answers add up to: the sum, the gates, the four patterns, and what is promised of them for any answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations, permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from skcriteria import mkdm
from skcriteria.agg.simple import WeightedSumModel
from strategies import answer_sets
from weighing import closed_gates

from advisorkit.advice.advice import Advice
from advisorkit.advice.belief import CAP, Assessment, Belief, removed
from advisorkit.advice.decibans import chance, table
from advisorkit.advice.gates import GUESS, GateHit, shares
from advisorkit.advice.ladder import step_for_now, waiting
from advisorkit.catalog.reading import load
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, Catalog, Criterion, Gate
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.messages import CatalogError
from advisorkit.values.quantities import Estimate
from tests.weighing import believe, best, corners, weigh

CATALOG = load()
plain = answer_sets(plain=True, most=12)
few = settings(max_examples=6)
"""For tests that run once for each criterion or gate, and each time for all its levels."""


def said(*levels: str) -> Answer:
    return Answer(levels=levels)


def number(low: float, high: float | None = None) -> Answer:
    return Answer(amount=Estimate.of(low if high is None else [low, high]))


def decibans(criterion: str, level: str) -> tuple[float, float]:
    found = CATALOG.criterion(criterion).level(level)
    return found.retrieval, found.training


def chances(answers: dict[str, Answer], catalog: Catalog = CATALOG) -> dict[str, float]:
    return dict(corners(weigh(catalog, answers), closed_gates(catalog, answers)))


def test_an_answer_adds_its_decibans_to_the_prior() -> None:
    belief = weigh(CATALOG, {"task_kind": said("classify")})

    assert belief.retrieval_decibans == pytest.approx(-3.8 + decibans("task_kind", "classify")[0])
    assert belief.training_decibans == pytest.approx(-3.8 + decibans("task_kind", "classify")[1])
    assert belief.retrieval == pytest.approx(1 / (1 + 10 ** (-belief.retrieval_decibans / 10)))


def test_the_four_patterns_are_the_four_corners() -> None:
    belief = Belief(0, 0, 0.9, 0.2, (), (0, 0))

    assert corners(belief, ()) == pytest.approx({"prompt": 0.08, "rag": 0.72, "finetune": 0.02, "hybrid": 0.18})


@given(plain)
def test_chances_add_up_to_one_whatever_is_answered(answers: dict[str, Answer]) -> None:
    assert sum(chances(answers).values()) == pytest.approx(1)


def test_people_who_disagree_count_with_the_mean_of_what_they_say() -> None:
    both = weigh(CATALOG, {"citations": said("required", "no")})

    expected = (decibans("citations", "required")[0] + decibans("citations", "no")[0]) / 2
    assert both.items[0].raw_retrieval == pytest.approx(expected)


def test_a_range_counts_each_band_by_its_share() -> None:
    criterion = CATALOG.criterion("labelled_examples")

    mass = shares(criterion, number(100, 400))  # median 200 by the geometric mean: half lies below the band's end at 200

    assert sum(mass) == pytest.approx(1)
    assert sum(mass[:3]) == pytest.approx(0.5)


def test_a_guess_counts_in_part() -> None:
    known = weigh(CATALOG, {"citations": said("required")}).items[0]
    guess = weigh(CATALOG, {"citations": replace(said("required"), confidence="guess")}).items[0]

    assert guess.retrieval == pytest.approx(GUESS * known.retrieval)
    assert guess.guess


def test_of_answers_with_one_cause_the_strongest_counts_in_full_and_the_others_in_part() -> None:
    answers = {"citations": said("required"), "knowledge_change": said("daily"), "private_knowledge": said("most")}
    strong, middle, weak = sorted((decibans(name, answer.levels[0])[0] for name, answer in answers.items()), reverse=True)

    belief = weigh(CATALOG, answers)

    assert belief.retrieval_decibans == pytest.approx(-3.8 + strong + CATALOG.damping * (middle + weak))
    assert sum(item.retrieval for item in belief.items) == pytest.approx(belief.retrieval_decibans + 3.8)
    assert [item.raw_retrieval for item in belief.items if item.criterion == "citations"] == [decibans("citations", "required")[0]]


@pytest.mark.parametrize("criterion", CATALOG.criteria.values(), ids=lambda criterion: criterion.id)
@few
@given(rest=plain)
def test_a_level_with_more_decibans_never_lowers_its_axis(criterion: Criterion, rest: dict[str, Answer]) -> None:
    beliefs = [(level, weigh(CATALOG, {**rest, criterion.id: said(level.id)})) for level in criterion.levels]

    for (one, before), (other, after) in combinations(beliefs, 2):
        assert (after.retrieval_decibans - before.retrieval_decibans) * (other.retrieval - one.retrieval) >= -1e-9
        assert (after.training_decibans - before.training_decibans) * (other.training - one.training) >= -1e-9


@given(plain, st.randoms(use_true_random=False))
def test_the_order_of_answers_and_of_criteria_does_not_matter(answers: dict[str, Answer], random: Random) -> None:
    ids, order = list(answers), list(CATALOG.criteria)
    random.shuffle(ids)
    random.shuffle(order)
    shuffled = replace(CATALOG, criteria={name: CATALOG.criteria[name] for name in order})

    one, other = chances(answers), chances({name: answers[name] for name in ids}, shuffled)

    assert other == pytest.approx(one)
    assert best(other) == best(one)  # type: ignore[arg-type]


@given(plain, st.sampled_from(list(CATALOG.criteria)))
def test_an_unknown_answer_changes_nothing(answers: dict[str, Answer], name: str) -> None:
    known = {key: answer for key, answer in answers.items() if key != name}
    tables = table(CATALOG)

    assessment = Assessment(CATALOG, known)
    columns = assessment.columns(assessment.masses())

    assert not columns[:, tables.index[name]].any()


@given(plain, st.permutations(PATTERNS))
def test_removing_a_pattern_never_reorders_the_rest(answers: dict[str, Answer], order: list[str]) -> None:
    belief = weigh(CATALOG, answers)
    ranked = sorted(PATTERNS, key=lambda p: -corners(belief, ())[p])

    gone = GateHit("citations", "lasting", tuple(order[:2]), "", "", provisional=False)  # type: ignore[arg-type]
    left = corners(belief, (gone,))

    assert [p for p in ranked if p not in order[:2]] == sorted((p for p in PATTERNS if p not in order[:2]), key=lambda p: (-left[p], ranked.index(p)))


def test_a_tie_goes_to_the_simpler_pattern() -> None:
    for shares_ in set(permutations((0.4, 0.4, 0.1, 0.1))):
        tied = dict(zip(PATTERNS, shares_, strict=True))

        assert best(tied) == next(p for p in PATTERNS if tied[p] == 0.4)


def test_the_sum_agrees_with_scikit_criterias_weighted_sum() -> None:
    """Without gates and damping, log odds are a weighted sum; columns are shifted since that model wants no negatives."""
    catalog = replace(CATALOG, damping=1.0)
    answers = {"citations": said("required"), "task_scope": said("one_narrow"), "call_cost_goal": said("main"), "rare_language": said("rare")}
    needs = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    parts = np.array([[-3.8, -3.8], *(decibans(name, answer.levels[0]) for name, answer in answers.items())])
    matrix = needs @ parts.T

    decision = WeightedSumModel().evaluate(mkdm(matrix - matrix.min(axis=0), [max] * len(parts), alternatives=PATTERNS))
    ours = corners(weigh(catalog, answers), ())

    ranked = [pattern for _, pattern in sorted(zip(decision.rank_, PATTERNS, strict=True))]
    assert ranked == sorted(PATTERNS, key=lambda p: -ours[p])


@pytest.mark.parametrize("gate", [g for g in CATALOG.gates if g.kind == "lasting" and not g.computed], ids=lambda g: f"{g.criterion}-{g.levels[0]}")
@few
@given(answers=plain)
def test_a_lasting_gate_is_never_bought_off(gate: Gate, answers: dict[str, Answer]) -> None:
    excused = {gate.unless.criterion} if gate.unless else set()
    told = {name: answer for name, answer in answers.items() if name not in excused}
    for level in gate.levels:
        told[gate.criterion] = said(level)

        gone = removed(closed_gates(CATALOG, told))

        assert not gone or set(gate.removes) <= gone
        assert all(chances(told)[p] == 0 for p in gone)


def test_a_gate_on_an_unknown_answer_is_shown_and_takes_nothing_away() -> None:
    hits = closed_gates(CATALOG, {})

    assert {hit.criterion for hit in hits if hit.provisional} == {"training_rights", "tuning_available", "access_control"}
    assert removed(hits) == frozenset()


def test_half_a_dispute_leaves_a_gate_provisional_and_more_than_half_closes_it() -> None:
    half = closed_gates(CATALOG, {"training_rights": said("not_allowed", "clean")})
    most = closed_gates(CATALOG, {"labelled_examples": number(10, 60)})

    assert [hit.provisional for hit in half if hit.criterion == "training_rights"] == [True]
    assert [hit.removes for hit in most if hit.criterion == "labelled_examples"] == [("finetune", "hybrid")]


@pytest.mark.parametrize("gate", [g for g in CATALOG.gates if not g.computed], ids=lambda g: f"{g.criterion}-{'-'.join(g.removes)}")
def test_a_level_that_gates_carries_no_decibans_on_what_it_gates(gate: Gate) -> None:
    for axis, pattern in enumerate(("rag", "finetune")):
        if {pattern, "hybrid"} <= set(gate.removes) and len(gate.removes) < 4:
            carried = [decibans(gate.criterion, level)[axis] for level in gate.levels]
            assert carried == [0.0] * len(carried)


@pytest.mark.parametrize("gate", [g for g in CATALOG.gates if g.unless and g.kind == "lasting" and not g.computed], ids=lambda g: g.criterion)
def test_an_excuse_lifts_its_gate_and_half_an_excuse_leaves_it_in_doubt(gate: Gate) -> None:
    assert gate.unless is not None
    excuse, held = gate.unless.levels[0], {gate.criterion: said(gate.levels[0])}
    other = next(level.id for level in CATALOG.criterion(gate.unless.criterion).levels if level.id not in gate.unless.levels)

    states = [
        [hit.provisional for hit in closed_gates(CATALOG, {**held, gate.unless.criterion: said(*words)}) if hit.reason == gate.reason]
        for words in ((excuse,), (excuse, other), (other,))
    ]

    assert states == [[], [True], [False]]


@pytest.mark.parametrize("gate", [g for g in CATALOG.gates if g.kind == "lowers" and not g.computed], ids=lambda g: g.criterion)
def test_a_gate_of_size_pace_or_form_lowers_odds_by_its_factor_and_by_half_the_way_where_half_believed(gate: Gate) -> None:
    level = gate.levels[0]
    other = next(one.id for one in CATALOG.criterion(gate.criterion).levels if one.id not in gate.levels)

    factors = [
        [hit.factor for hit in closed_gates(CATALOG, {gate.criterion: answer}) if hit.reason == gate.reason]
        for answer in (said(level), said(level, other), replace(said(level), confidence="guess"), said(other))
    ]

    assert factors[0] == pytest.approx([gate.factor])
    assert factors[1] == pytest.approx([(1 + gate.factor) / 2])
    assert factors[2] == pytest.approx([1 - GUESS * (1 - gate.factor)])
    assert factors[3] == []


@given(plain)
def test_no_chance_is_zero_without_a_known_no_of_law_rights_or_platform(answers: dict[str, Answer]) -> None:
    found = chances(answers)
    gone = {p for hit in closed_gates(CATALOG, answers) if hit.basis in ("law", "rights", "platform") and not hit.provisional for p in hit.removes}

    assert {p for p, chance in found.items() if chance == 0} <= gone


@pytest.mark.parametrize("gate", [g for g in CATALOG.gates if g.kind == "lasting" and not g.computed], ids=lambda g: f"{g.criterion}-{g.levels[0]}")
def test_a_guess_closes_no_pattern_for_good(gate: Gate) -> None:
    hits = closed_gates(CATALOG, {gate.criterion: replace(said(gate.levels[0]), confidence="guess")})

    assert [hit.provisional for hit in hits if hit.reason == gate.reason] == [True]
    assert removed(hits) == frozenset()


@given(plain)
def test_without_marked_results_neither_belief_is_over_nineteen_in_twenty_and_the_sum_is_not_capped(answers: dict[str, Answer]) -> None:
    unmarked, marked = (believe(Assessment(CATALOG, answers, locked=frozenset(locked))) for locked in ((), ("baseline_quality",)))

    for delivered, whole in ((unmarked.retrieval, unmarked.retrieval_decibans), (unmarked.training, unmarked.training_decibans)):
        assert delivered == pytest.approx(min(max(float(chance(whole)), 1 - CAP), CAP))
    assert marked.retrieval == pytest.approx(float(chance(marked.retrieval_decibans)))


@pytest.mark.parametrize(("payback", "closed"), [(None, True), (24.0, True), (6.0, False)])
def test_training_that_is_being_withdrawn_is_shut_out_only_where_it_would_not_pay_back_in_time(payback: float | None, closed: bool) -> None:
    sample = read(samples.path("source-text"))
    facts = replace(Study(sample, sample.workflows[0]).facts, payback_known=True, payback_months=payback, base_model_life_months=18.0)

    hits = closed_gates(CATALOG, {"tuning_available": said("ending")}, facts)

    assert ({"finetune", "hybrid"} <= removed(hits)) is closed


@pytest.mark.parametrize(("given_", "fit"), [(60, 50), (60, 70), (150, 200), (150, 100)])
def test_rules_are_told_by_whether_their_examples_fit_and_never_by_a_number_that_was_not_given(given_: int, fit: int) -> None:
    sample = read(samples.path("source-text"))
    facts = replace(Study(sample, sample.workflows[0]).facts, examples_that_fit=fit)

    (item,) = [item for item in believe(Assessment(CATALOG, {"special_cases": number(given_)}, facts)).items if item.criterion == "special_cases"]

    assert item.label.endswith("do not fit in a prompt" if fit < given_ else "their examples fit in a prompt")


def test_an_unmarked_pilot_makes_the_prompt_the_step_for_now_whatever_the_destination() -> None:
    for goal in PATTERNS:
        assert step_for_now(goal, 0.9, 0.9, closed_gates(CATALOG, {})) == "prompt"


def test_where_a_prompt_cannot_be_the_destination_the_pilot_is_still_one_with_the_right_passage_pasted_in() -> None:
    answers = {"access_control": said("by_person"), "source_form": said("documents"), "facts_in_request": said("none")}
    hits = closed_gates(CATALOG, answers)

    assert removed(hits) == {"prompt", "finetune"}
    assert waiting(hits) == {"rag", "finetune", "hybrid"}
    assert step_for_now("hybrid", 0.9, 0.9, hits) == "prompt"

    marked = closed_gates(CATALOG, {**answers, "prompt_pilot": said("marked_100")})
    assert step_for_now("rag", 0.9, 0.1, marked) == "rag"


def test_both_layers_are_the_step_for_now_only_when_both_kinds_of_failure_were_shown() -> None:
    marked = {"prompt_pilot": said("marked_100")}

    probably = closed_gates(CATALOG, {**marked, "needs_both": said("probably")})
    shown = closed_gates(CATALOG, {**marked, "needs_both": said("shown")})

    assert step_for_now("hybrid", 0.9, 0.8, probably) == "rag"
    assert step_for_now("hybrid", 0.8, 0.9, probably) == "finetune"
    assert step_for_now("hybrid", 0.9, 0.8, shown) == "hybrid"


def test_a_bot_that_reads_one_record_by_its_key_is_not_sent_to_retrieval() -> None:
    answers = {
        "source_form": said("records"), "access_control": said("own_record_only"), "private_knowledge": said("most"),
        "knowledge_change": said("live"), "facts_or_behaviour": said("facts"), "citations": said("required"),
    }  # fmt: skip

    found = chances(answers)

    assert found["rag"] + found["hybrid"] < chances({**answers, "source_form": said("documents"), "access_control": said("no")})["rag"] / 2
    assert best(found) == "prompt"  # type: ignore[arg-type]


def test_what_a_pilot_speaks_for_adds_no_decibans_of_its_own_and_the_pilot_counts_once() -> None:
    answers = {"baseline_quality": said("inconsistent"), "needs_both": said("shown")}

    belief = believe(Assessment(CATALOG, answers, locked=frozenset(answers), measured=(4.0, -2.0)))

    assert belief.retrieval_decibans == pytest.approx(-3.8 + 4)
    assert belief.training_decibans == pytest.approx(-3.8 - 2)
    assert [(item.criterion, item.retrieval) for item in belief.items] == [("pilot", 4.0)]


def test_an_unknown_criterion_is_told_with_the_nearest_name() -> None:
    with pytest.raises(CatalogError, match="Did you mean citations"):
        weigh(CATALOG, {"citation": said("required")})


@pytest.mark.parametrize("more", [{}, {"private_knowledge": said("most"), "facts_in_request": said("none"), "citations": said("required")}])
def test_a_guide_of_ten_pages_asked_about_facts_is_not_a_clear_case_for_search(more: dict[str, Answer]) -> None:
    guide = {"corpus_tokens": number(4000, 8000), "facts_or_behaviour": said("facts"), "task_kind": said("answer"), "source_form": said("documents")}

    advice = advised({**guide, **more})

    assert not (advice.clear and advice.recommended == "rag")


def test_a_forecast_from_records_goes_to_a_predictive_model_and_never_to_a_look_up_by_key() -> None:
    ramp = advised({"task_kind": said("predict"), "source_form": said("records")}).off_ramp

    assert ramp and ramp.kind == "predictive_model"


def test_a_bot_on_records_alone_still_goes_to_a_look_up_by_key() -> None:
    ramp = advised({"task_kind": said("answer"), "source_form": said("records"), "access_control": said("own_record_only")}).off_ramp

    assert ramp and ramp.kind == "tool_call"


def test_documents_that_contradict_each_other_are_mended_first_where_the_work_would_end_in_search() -> None:
    council = {"facts_in_request": said("none"), "citations": said("required"), "source_form": said("documents"), "fact_route": said("search_texts")}

    ramp = advised({**council, "corpus_quality": said("no")}).off_ramp

    assert ramp and ramp.kind == "fix_process"


def advised(answers: dict[str, Answer]) -> Advice:
    client = Engagement("client", "Client", "EUR", date(2026, 11, 20), (Workflow("one", "One", answers),))
    return Study(client, client.workflows[0]).advice
