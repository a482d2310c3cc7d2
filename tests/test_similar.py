"""Deployments like the client's: near when answers agree, silent when too little is known, and no part of the sum."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from strategies import answer_sets

from advisorkit.advice.acceptability import LEAST, UNORDERED, distances, similar
from advisorkit.calibration.closed_cases import report, shipped_cases
from advisorkit.catalog.reading import load
from advisorkit.values.engagement import Answer

CATALOG = load()
CASES = shipped_cases()


def test_a_deployment_is_nearest_to_itself() -> None:
    for case in CASES[::7]:
        nearest = similar(CATALOG, case.answers, CASES)[0]

        assert nearest.distance == 0
        assert nearest.case.id == case.id or dict(next(c for c in CASES if c.id == nearest.case.id).answers).keys() != case.answers.keys()


def test_a_workflow_that_is_itself_a_case_is_not_shown_as_its_own_likeness() -> None:
    case = CASES[5]

    assert case.id not in [found.case.id for found in similar(CATALOG, case.answers, CASES, leave_out=[case.id])]


def test_the_distance_is_the_mean_gap_over_what_both_answer() -> None:
    case = next(c for c in CASES if c.id == "nubank-asknu")
    changed = {
        **{name: answer for name, answer in case.answers.items() if CATALOG.criteria[name].words},
        "knowledge_change": Answer(levels=("weekly",)),  # daily there: one step of six
        "task_kind": Answer(levels=("classify",)),  # another kind: apart by all there is
    }

    found, shared = distances(CATALOG, changed, (case,))

    assert shared[0] == len(case.answers)
    assert found[0] == pytest.approx((1 / 6 + 1) / len(case.answers))


def test_with_too_few_answers_nothing_is_called_similar() -> None:
    answers = dict(list(CASES[0].answers.items())[: LEAST - 1])

    assert similar(CATALOG, answers, CASES) == ()
    assert similar(CATALOG, CASES[0].answers, ()) == ()


@settings(max_examples=10)
@given(answer_sets(plain=True, most=15))
def test_distances_are_shares_and_come_nearest_first(answers: dict[str, Answer]) -> None:
    found = similar(CATALOG, answers, CASES)

    assert len(found) <= 5
    assert [case.distance for case in found] == sorted(case.distance for case in found)
    assert all(0 <= case.distance <= 1 and case.shared >= LEAST for case in found)


def test_each_one_says_what_was_chosen_what_happened_and_where_it_was_read() -> None:
    for case in (found.case for found in similar(CATALOG, CASES[1].answers, CASES)):
        assert case.outcome
        assert case.outcome_reason.endswith(".")
        assert case.source.startswith("https://")


def test_criteria_without_an_order_are_named_in_the_catalogue() -> None:
    assert set(CATALOG.criteria) >= UNORDERED


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, float]]:
    return report(CATALOG, CASES, refit=False)


def test_neighbours_do_not_improve_the_scores_so_they_stay_out_of_the_sum(measured: dict[str, dict[str, float]]) -> None:
    assert measured["with_neighbours"]["log_loss"] > measured["shipped"]["log_loss"]
    assert measured["with_neighbours"]["accuracy"] <= measured["shipped"]["accuracy"]
