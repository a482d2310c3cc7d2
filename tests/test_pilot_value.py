"""What a pilot is worth: the worked example, closed forms against simulation, intervals, agreement."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from hypothesis import given, strategies as st
from sklearn.metrics import cohen_kappa_score

from advisorkit.pilots.tally import Beta, at_most, kappa, wilson
from advisorkit.pilots.terms import Stakes, best_size, evpi, evsi, sizes_valued
from advisorkit.study.pilots import plans, read_pilot
from advisorkit.study.study import Study
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.quantities import Estimate

SIZES = (20, 50, 100, 200, 400)
CLIENT = Beta.between(0.75, 0.92)
"""A client who is 90 % sure that the share right lies between 75 and 92 %."""
WORK = Stakes(value_right=20, cost_wrong=88, cases=12_000, fixed_cost=30_000)
"""A right answer brings 20, a wrong one costs 88, 12,000 cases a year, 30,000 of fixed cost."""

shares = st.floats(0.02, 0.98)
beliefs = st.builds(Beta, st.floats(0.6, 80), st.floats(0.6, 80))
stakes = st.builds(
    Stakes, st.floats(1, 200), st.floats(1, 2000), st.floats(10, 1e6), st.floats(0, 1e6), st.floats(0, 50)
)


def test_the_break_even_of_the_worked_example_is_838_per_mille() -> None:
    # (88 + 30,000 / 12,000) / (88 + 20) = 90.5 / 108
    assert WORK.break_even == pytest.approx(90.5 / 108)
    assert round(WORK.break_even, 3) == 0.838


def test_the_break_even_that_openai_prints_comes_out() -> None:
    # of failures 95 % cost an escalation of 40 and 5 % a lost customer of 1,000: 38 + 50 = 88
    loss = 0.95 * 40 + 0.05 * 1000

    assert Stakes(20, loss, 1).break_even == pytest.approx(88 / 108)
    assert round(100 * Stakes(20, loss, 1).break_even, 1) == 81.5


def test_the_fitted_belief_has_the_quantiles_that_the_client_gave() -> None:
    assert CLIENT.quantile(0.05) == pytest.approx(0.75, abs=1e-9)
    assert CLIENT.quantile(0.95) == pytest.approx(0.92, abs=1e-9)
    assert (round(CLIENT.a, 1), round(CLIENT.b, 1)) == (40.3, 7.5)


def test_shipping_at_once_is_worth_6_800_and_loses_in_42_of_100_cases() -> None:
    assert WORK.worth(CLIENT) == pytest.approx(6_800, rel=0.01)
    assert 1 - CLIENT.above(WORK.break_even) == pytest.approx(0.42, abs=0.005)


def test_perfect_knowledge_is_worth_23_900() -> None:
    assert evpi(CLIENT, WORK) == pytest.approx(23_900, rel=0.005)


@pytest.mark.parametrize(("n", "worth"), [(20, 11_900), (50, 16_300), (100, 19_200), (200, 21_200), (400, 22_400)])
def test_a_pilot_is_worth_what_the_worked_example_says(n: int, worth: float) -> None:
    assert evsi(CLIENT, WORK, n) == pytest.approx(worth, rel=0.005)


@pytest.mark.parametrize("n", SIZES)
def test_the_closed_form_agrees_with_a_million_draws(n: int) -> None:
    rng = np.random.default_rng(n)
    true = rng.beta(CLIENT.a, CLIENT.b, 1_000_000)
    seen = rng.binomial(n, true)
    after = (CLIENT.a + seen) / (CLIENT.a + CLIENT.b + n)
    gains = np.where(after > WORK.break_even, WORK.swing * (true - WORK.break_even), 0.0)

    simulated = gains.mean() - max(0.0, WORK.worth(CLIENT))

    assert evsi(CLIENT, WORK, n) == pytest.approx(simulated, abs=4 * gains.std() / 1000)


def test_perfect_knowledge_agrees_with_a_million_draws() -> None:
    true = np.random.default_rng(7).beta(CLIENT.a, CLIENT.b, 1_000_000)
    gains = np.maximum(WORK.swing * (true - WORK.break_even), 0.0)

    assert evpi(CLIENT, WORK) == pytest.approx(gains.mean() - WORK.worth(CLIENT), abs=4 * gains.std() / 1000)


@given(beliefs, stakes, st.integers(1, 200))
def test_knowing_more_is_never_worth_less_and_never_more_than_knowing_all(belief: Beta, work: Stakes, n: int) -> None:
    less, more, most = evsi(belief, work, n), evsi(belief, work, 2 * n), evpi(belief, work)
    slack = 1e-9 * work.swing

    assert -slack <= less <= more + slack
    assert more <= most + slack


@given(beliefs, stakes)
def test_nothing_is_learned_from_no_case(belief: Beta, work: Stakes) -> None:
    assert evsi(belief, work, 0) == pytest.approx(0, abs=1e-9 * work.swing)


def test_the_size_advised_is_the_one_that_brings_most_after_its_cost() -> None:
    # at 10 a case: 11.7k, 15.8k, 18.2k, 19.2k, 18.4k: 200 brings most
    dear = sizes_valued(CLIENT, Stakes(20, 88, 12_000, 30_000, marking_cost=10), SIZES)

    assert best_size(dear) == max(dear, key=lambda size: size.value - size.cost)
    assert best_size(dear).n == 200  # type: ignore[union-attr]


def test_no_size_is_advised_when_marking_costs_more_than_it_can_bring() -> None:
    dear = Stakes(20, 88, 12_000, 30_000, marking_cost=600)

    assert best_size(sizes_valued(CLIENT, dear, SIZES)) is None


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(17, 20, 0.64, 0.95), (42.5, 50, 0.726, 0.92), (85, 100, 0.77, 0.91), (170, 200, 0.79, 0.89), (340, 400, 0.81, 0.88)],
)
def test_the_interval_around_85_per_cent_narrows_as_published(hits: float, n: int, low: float, high: float) -> None:
    # published as 64-95, 72-92, 77-91, 79-89 and 81-88; at 50 cases the lower end is 72.6
    assert wilson(hits, n) == pytest.approx((low, high), abs=0.0051)


def test_four_hundred_cases_just_miss_the_break_even_of_openai() -> None:
    assert round(wilson(340, 400)[0], 3) == 0.812 < 88 / 108


@given(st.integers(1, 500), st.data())
def test_the_wilson_interval_holds_the_observed_share(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    low, high = wilson(hits, n)

    assert 0 <= low <= hits / n <= high <= 1


def test_no_critical_error_in_120_cases_still_allows_two_and_a_half_per_cent() -> None:
    # twenty to one against none in 120 cases
    assert at_most(0, 120) == pytest.approx(1 - 0.05 ** (1 / 120))
    assert round(at_most(0, 120), 3) == 0.025


marks = st.lists(st.tuples(st.sampled_from("yn"), st.sampled_from("yn")), min_size=2, max_size=60)


@given(marks.filter(lambda pairs: len({word for pair in pairs for word in pair}) > 1))
def test_agreement_is_what_scikit_learn_computes(pairs: list[tuple[str, str]]) -> None:
    first, second = zip(*pairs, strict=True)

    assert kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))


def test_agreement_needs_the_same_cases() -> None:
    with pytest.raises(ValueError, match="the same cases"):
        kappa(["yes"], [])


@given(shares, shares)
def test_a_range_of_shares_is_kept_by_the_belief_fitted_to_it(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if high - low < 0.02:
        return

    belief = Beta.between(low, high)

    assert (belief.quantile(0.05), belief.quantile(0.95)) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(("low", "high"), [(0, 0.5), (0.5, 0.5), (0.9, 0.2), (0.5, 1)])
def test_a_range_that_does_not_rise_within_0_and_1_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="0 < low < high < 1"):
        Beta.between(low, high)


@given(st.floats(0.02, 0.9), st.floats(0.01, 0.09), st.floats(1, 1e9), st.integers(1, 400))
def test_a_pilot_is_never_worth_more_than_knowing_for_sure(low: float, width: float, swing: float, n: int) -> None:
    quality, stakes = Beta.between(low, low + width), Stakes(20, 88, swing)

    assert 0 <= evsi(quality, stakes, n) <= evpi(quality, stakes)


def test_a_plan_prints_no_part_of_a_hundredth(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "advisorkit: 1\nid: a\nclient: A\ncurrency: CHF\nas_of: 2026-12-01\nworkflows:\n"
        "  - id: w\n    name: W\n    answers: {calls_per_month: 150000, value_right: 2, cost_wrong: 0.1}\n", encoding="utf-8",
    )
    told = run("pilot", "plan", tmp_path / "a.yaml").stdout

    assert "CHF 0 " in told
    assert not re.search(r"CHF 0\.00\d", told)


@pytest.mark.parametrize(("minutes", "worth", "words"), [(16, 1, "gains against today from 85% on"), (8, 2, "gains against today only from 93% on"), (0.1, 2, "even if every answer is right")])
def test_where_the_gain_begins_elsewhere_than_the_pilot_asks_is_told_and_comes_out_when_it_is_typed_in(minutes: float, worth: float, words: str) -> None:
    """“94% needed” stood beside a gain against today from 85% on: a right answer's own worth counts in one, and what today costs in the other."""
    flow = Workflow("w", "W", {name: Answer(amount=Estimate.of(value)) for name, value in (("calls_per_month", 60_000), ("cost_wrong", 12), ("value_right", worth))})
    made = Engagement("a", "A", "EUR", date(2026, 11, 20), (flow,), exchange_rates={"USD": 0.92})
    work = {"minutes_per_item": minutes, "hourly_cost": 34, "error_rate_today": 0.02, "review_share": 0.05, "horizon_months": 6}

    def seen(target: str = "", **more: float) -> Study:
        return Study(made, replace(flow, context={"target": target}, assumptions={name: Estimate.of(value) for name, value in {**work, **more}.items()}))

    (told,) = [one for one in seen().decision.warnings if one.startswith("A pilot has to show")]
    assert words in told and "below that wrong answers cost more than right ones are worth" in told and told.endswith("it counts what today costs, and the build.")
    ends = [float(share) / 100 for share in re.findall(r"(\d+)% on", told)] or [1.0]
    below, above = (seen(error_rate_prompt=1 - min(ends[0] + step, 0.9999)).gain("prompt") for step in (-0.006, 0.006))
    assert below is not None and above is not None and below < 0 and (above > 0) == (ends[0] < 1)
    asked = [one for one in seen("80 %").decision.warnings if one.startswith("A pilot has to show 80%")]  # what the client asks for may be less than a gain needs, and more is no fault
    assert all("right, as you asked." in one and "another sum" not in one for one in asked)
    assert len(asked) == (ends[0] > 0.83) and not any(one.startswith("A pilot has to show") for one in seen("99 %").decision.warnings if ends[0] < 1)


def test_no_share_right_is_asked_for_by_money_while_nobody_knows_how_many_are_wrong_today() -> None:
    """A letter takes 6 minutes at 34 EUR an hour, a wrong answer costs 40: with 20% wrong today 77% right is enough; counted as none wrong it was over 99%."""
    answers = {"calls_per_month": Answer(amount=Estimate.of(12_000)), "cost_wrong": Answer(amount=Estimate.of(40))}
    today = {"minutes_per_item": Estimate.of(6), "hourly_cost": Estimate.of(34)}
    works = [Workflow("letters", "Letters", answers, assumptions={**today, **wrong}) for wrong in ({}, {"error_rate_today": Estimate.of(0.2)})]
    terms, known = (plans(Engagement("sample", "Sample", "EUR", date(2026, 11, 20), (one,)))[0].terms for one in works)

    assert (terms.source, terms.never) == ("usual", False)
    assert known.source == "break_even" and known.target < 0.8


def test_where_nothing_can_pay_nobody_is_told_to_try_it() -> None:
    """40 items a month at 5 EUR are 2,400 a year, less than any build and upkeep: “no pilot is asked for” stood above “try it, and look at what fails”."""
    answers = {name: Answer(amount=Estimate.of(amount)) for name, amount in {"calls_per_month": 40, "value_right": 5, "cost_wrong": 100}.items()}
    (plan,) = plans(Engagement("sample", "Sample", "EUR", date(2026, 11, 20), (Workflow("letters", "Letters", answers),)))

    assert (plan.mark, plan.basis, plan.terms.never) == (0, "none", True)
    assert plan.why.startswith("Even if every answer were right, it would cost more than it brings in. So no case is worth marking.")


def test_a_share_that_was_agreed_or_asked_for_does_not_make_pay_what_cannot(tmp_path: Path) -> None:
    """The same 40 items: “mark 110 more”, or “put it into use”, stood beside “gains nothing against today even if every answer is right” as soon as somebody had named a share."""
    answers = {name: Answer(amount=Estimate.of(amount)) for name, amount in {"calls_per_month": 40, "value_right": 5, "cost_wrong": 100}.items()}
    asked = Engagement("sample", "Sample", "EUR", date(2026, 11, 20), (Workflow("letters", "Letters", answers, context={"target": "85 in 100"}),))
    said = Study(asked, asked.workflows[0])
    assert said.decision.headline.startswith("By these figures it would not pay even if every answer were right: leave it as it is.")
    assert (said.plan.mark, said.plan.evpi, said.decision.instead) == (0, 0.0, "Leave it as it is")

    (tmp_path / "marks.csv").write_text("case,right,failure\n" + "".join(f"{i},{'no,behaviour' if i < 10 else 'yes,'}\n" for i in range(200)))
    read = read_pilot(tmp_path / "marks.csv", asked, tmp_path / "a.yaml", pass_mark=0.85)
    assert (read.after.next_step.action, read.after.next_step.pattern) == ("stop", "prompt")
    assert read.after.next_step.why == "95% of 200 answered cases were right; 85% is needed. Even if every answer were right, it would cost more than it brings in."
