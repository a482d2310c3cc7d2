"""How firm the advice is: draws that are honest about what is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import answer_sets

from advisorkit.advice.acceptability import WEIGHT_SPREAD, draw, frequencies, level_chances
from advisorkit.advice.belief import Assessment, removed
from advisorkit.advice.decibans import table
from advisorkit.advice.whatif import Outlook
from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.catalog.reading import load
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Answer
from tests.bounds import bounds

CATALOG = load()
CASES = shipped_cases()
SOME = {"citations": Answer(levels=("nice_to_have",)), "facts_in_request": Answer(levels=("partly",)), "task_kind": Answer(levels=("answer",))}


def outlook(answers: dict[str, Answer]) -> Outlook:
    return Outlook(Assessment(CATALOG, answers))


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_sixty_five_thousand_draws_agree_with_the_live_figure_within_two_points(kept: int) -> None:
    answers = dict(list(SOME.items())[:kept])

    live = draw(outlook(answers), CASES, 4096).first
    many = draw(outlook(answers), CASES, 2**16).first

    assert max(abs(live[p] - many[p]) for p in PATTERNS) <= 0.02


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: case.id)
def test_so_it_does_on_published_deployments(case: object) -> None:
    live = draw(outlook(case.answers), CASES, 4096).first  # type: ignore[attr-defined]
    many = draw(outlook(case.answers), CASES, 2**16).first  # type: ignore[attr-defined]

    assert max(abs(live[p] - many[p]) for p in PATTERNS) <= 0.02


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    one, again, other = (draw(outlook(SOME), CASES, 1024, seed) for seed in (1, 1, 2))

    assert np.array_equal(one.retrieval, again.retrieval)
    assert not np.array_equal(one.retrieval, other.retrieval)


@settings(max_examples=8)
@given(answer_sets(plain=True, most=10))
def test_shares_add_up_to_one_and_what_is_ruled_out_never_comes_first(answers: dict[str, Answer]) -> None:
    found = outlook(answers)

    shares = draw(found, CASES, 256).first

    assert sum(shares.values()) == pytest.approx(1)
    assert all(shares[pattern] == 0 for pattern in removed(found.hits))


def test_unknown_answers_spread_the_belief_and_hardly_pull_it_to_one_side() -> None:
    found = outlook(SOME)
    drawn = draw(found, CASES, 2**14)

    assert drawn.retrieval.std() > 0.1
    assert drawn.retrieval.mean() == pytest.approx(found.belief.retrieval, abs=0.08)
    assert drawn.training.mean() == pytest.approx(found.belief.training, abs=0.08)


def test_the_more_is_answered_the_less_the_draws_differ() -> None:
    full = CASES[1].answers
    part = dict(list(full.items())[:4])

    assert draw(outlook(dict(full)), CASES).retrieval.std() < draw(outlook(part), CASES).retrieval.std()


def test_where_a_need_is_real_each_level_is_as_much_likelier_as_its_decibans_say() -> None:
    chances, tables = level_chances(CATALOG, CASES), table(CATALOG)
    column = tables.index["facts_in_request"]
    ratio = chances[1, column, :3] / chances[0, column, :3]

    decibans = 10 * np.log10(ratio / ratio[1])

    assert decibans.tolist() == pytest.approx((tables.weights[0, column, :3] - tables.weights[0, column, 1]).tolist())


def test_each_draw_multiplies_a_weight_by_a_factor_of_mean_one() -> None:
    alone = replace(CATALOG, criteria={"citations": CATALOG.criterion("citations")}, gates=())
    found = Outlook(Assessment(alone, {"citations": Answer(levels=("required",))}))

    drawn = 10 * np.log10(1 / (1 / draw(found, (), 2**12).retrieval - 1))
    factors = (drawn - alone.prior_decibans[0]) / alone.criterion("citations").level("required").retrieval

    assert factors.mean() == pytest.approx(1, abs=0.01)
    assert np.log(factors).std() == pytest.approx(WEIGHT_SPREAD, rel=0.05)


def test_answers_occur_as_often_as_in_the_cases_one_more_of_each_added() -> None:
    often = frequencies(CATALOG, CASES)[table(CATALOG).index["facts_in_request"], :3]
    counts = [sum(case.answers["facts_in_request"].levels == (level,) for case in CASES) for level in ("all", "partly", "none")]

    assert often.tolist() == pytest.approx([(count + 1) / (len(CASES) + 3) for count in counts])


@given(answer_sets(plain=True, most=10))
def test_an_unknown_answer_never_raises_a_patterns_worst_case(answers: dict[str, Answer]) -> None:
    known = bounds(outlook(answers))

    for name in answers:
        unknown = bounds(outlook({key: answer for key, answer in answers.items() if key != name}))
        for pattern in PATTERNS:
            assert unknown[pattern][0] <= known[pattern][0] + 1e-9


@given(answer_sets(plain=True, most=10))
def test_the_chance_today_lies_within_its_bounds(answers: dict[str, Answer]) -> None:
    found = outlook(answers)

    for pattern, (low, high) in bounds(found).items():
        assert low - 1e-9 <= found.chances[PATTERNS.index(pattern)] <= high + 1e-9


def test_the_spread_of_weights_is_what_the_fit_moved_them_by() -> None:
    """Root mean square of the logarithm of fitted over expert, where cases speak and both have one sign."""
    levels = [level for criterion in CATALOG.criteria.values() for level in criterion.levels]
    pairs = [(one.retrieval, one.expert[0]) for one in levels] + [(one.training, one.expert[1]) for one in levels]
    moved = [np.log(fitted / expert) for fitted, expert in pairs if fitted * expert > 0 and abs(fitted - expert) > 0.15 and abs(expert) >= 2]

    assert np.sqrt(np.mean(np.square(moved))) == pytest.approx(WEIGHT_SPREAD, abs=0.1)
