"""Checking by people: who checks what share, known only where somebody says it or adopts the usual plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from priced import ANSWERS, engagement, falling, fixed, inputs, inputs_of, setting

from advisorkit.catalog.tables import rules
from advisorkit.costs.bill import bill, usual_checking, warnings
from advisorkit.costs.simulation import price
from advisorkit.pilots.terms import terms_for
from advisorkit.store.document import document, schema, to_json
from advisorkit.store.reading import from_json, read
from advisorkit.store.writing import text
from advisorkit.study.study import studies
from advisorkit.values.engagement import Adopted, Engagement
from advisorkit.values.errors import EngagementError

MONTH = {"discount_rate": 0, "growth_per_year": 0, "adoption_months": 1, "horizon_months": 36, "adoption": 1}
PLAIN = {"minutes_per_item": 6, "hourly_cost": 30, "share_taken": 0.5, "review_minutes": 2, "error_rate_prompt": 0.1, "review_catch": 0.8, **MONTH}
ITEMS: dict[str, Any] = {"calls_per_month": 1000, "cost_wrong": 10}


def told(answers: dict[str, Any], **assumptions: Any) -> Engagement:
    return engagement({**ITEMS, **answers}, {**PLAIN, **assumptions})


def checked(whole: Engagement) -> float | None:
    (one,) = studies(whole)
    return one.bill.line("prompt", "checking").amount


ALL = 1000 * 0.5 * 2 / 60 * 30
"""A month with every answer checked: 500 items at two minutes of 30 an hour."""


@pytest.mark.parametrize(("answers", "assumptions", "months"), [
    ({"human_review": "always"}, {}, 36.0),
    ({"human_review": "never"}, {}, 0.0),
    ({}, {"review_share": 0.4}, 36 * 0.4),
    ({"human_review": "sometimes"}, {"checking_plan": "usual"}, 2 + 10 * 0.15 + 24 * 0.03),
    ({}, {"checking_plan": "usual"}, 2 + 10 * 0.15 + 24 * 0.03),
    ({}, {"checking_plan": "usual", "review_share": 0.4}, 36 * 0.4),
    ({}, {"checking_plan": "flat", "review_share": 0.4}, 36 * 0.4),
    ({}, {"checking_plan": "usual", "horizon_months": 8}, 2 + 6 * 0.15),
    ({}, {"checking_plan": "usual", "horizon_months": 1}, 1.0),
    ({"regulated": "yes"}, {"checking_plan": "usual"}, 36.0),
    ({"error_tolerance": "serious", "human_review": "sometimes"}, {"review_share": 0.1}, 36.0),
])
def test_checking_is_paid_for_by_item_taken_in_every_month_for_the_share_that_somebody_named(
    answers: dict[str, Any], assumptions: dict[str, Any], months: float,
) -> None:
    assert checked(told(answers, **assumptions)) == pytest.approx(months * ALL)


@pytest.mark.parametrize("answers", [{}, {"human_review": "sometimes"}])
@pytest.mark.parametrize("assumptions", [{}, {"checking_plan": "flat"}])
def test_what_nobody_said_of_checking_is_not_known_and_in_no_total(answers: dict[str, Any], assumptions: dict[str, Any]) -> None:
    (one,) = studies(told(answers, **assumptions))

    for column in ("prompt", "rag", "finetune", "hybrid"):
        assert (one.bill.line(column, "checking").amount, one.bill.line(column, "wrong_answers").amount) == (None, None)
        assert one.bill.total(column) == one.bill.total(column, "build", "run", "change")
        assert not one.bill.errors_known(column)
        assert "checking" in one.costs.money[column].unknown and one.costs.money[column].at_least and one.costs.money[column].gain is None
    assert usual_checking(one.inputs) == pytest.approx(4.22 * ALL)


def test_a_wrong_answer_escapes_as_often_as_nobody_checks() -> None:
    """50 wrong of 500 a month; four fifths of those checked are found: 36 months less 0.8 times 4.22 months of finding."""
    usual = bill(inputs_of(told({}, checking_plan="usual")))

    assert usual.line("prompt", "wrong_answers").amount == pytest.approx(50 * 10 * (36 - 0.8 * 4.22))


shares = st.floats(0, 1)


@given(st.tuples(shares, shares, shares), st.integers(0, 40), st.integers(0, 40), st.integers(0, 60), st.floats(0, 0.5), st.floats(-0.5, 1), st.floats(1, 40))
def test_a_falling_plan_is_the_sum_of_its_months(
    steps: tuple[float, float, float], first: int, until: int, horizon: int, rate: float, growth: float, ramp: float,
) -> None:
    names = ("review_share_first", "review_share_later", "review_share_mature")
    told = dict(zip(names, steps, strict=True)) | {
        "review_first_months": first, "review_later_until": until, "horizon_months": horizon, "discount_rate": rate, "growth_per_year": growth,
        "adoption_months": ramp,
    }
    sure = fixed(falling(inputs(**{**PLAIN, **told})))

    expected = 0.0
    for month in range(1, horizon + 1):
        share = steps[0] if month <= first else steps[1] if month <= until else steps[2]
        expected += share * min(month / ramp, 1) * (1 + growth) ** ((month - 1) / 12) * (1 + rate) ** (-month / 12)

    line = bill(sure).line("prompt", "checking")
    assert line.amount == pytest.approx(40_000 * 0.5 * 2 / 60 * 30 * expected, rel=1e-9, abs=1e-9)


@given(st.integers(1, 48), st.integers(0, 24), st.integers(0, 24))
def test_the_curve_of_a_falling_plan_ends_on_its_total_and_every_range_is_its_bill(horizon: int, first: int, until: int) -> None:
    sure = fixed(falling(inputs(horizon_months=horizon, review_first_months=first, review_later_until=until)))
    made, found = bill(sure), price(sure, 2)

    for column in ("prompt", "rag", "finetune", "hybrid"):
        curve = found.columns[column].curve
        assert curve and curve.bands[-1].p50 == pytest.approx(made.total(column))
        before = bill(replace(sure, rows={**sure.rows, "horizon_months": replace(sure.rows["horizon_months"], value=setting(curve.months[-2]))}))
        assert curve.bands[-2].p50 == pytest.approx(before.total(column), rel=1e-4)  # single precision


def test_the_gain_with_every_answer_checked_stands_beside_a_falling_plan() -> None:
    answers = {**ANSWERS, "human_review": "sometimes"}
    plan, always = (
        price(fixed(inputs_of(engagement(said, {**PLAIN, "error_rate_today": 0.04, **own}))), 2).money["prompt"]
        for said, own in ((answers, {"checking_plan": "usual"}), ({**answers, "human_review": "always"}, {}))
    )

    assert plan.gain_all_checked and always.gain
    assert (plan.gain_all_checked.likely, plan.gain_all_checked.p50) == pytest.approx((always.gain.likely, always.gain.p50))
    assert always.gain_all_checked is None


def test_an_adopted_plan_carries_name_and_date_through_file_source_and_schema(tmp_path: Path) -> None:
    adopted = Adopted("usual", "Head of Service", date(2026, 11, 12))
    base = told({})
    base = replace(base, workflows=(replace(base.workflows[0], assumptions={}),))
    for whole in (
        replace(base, checking_plan=adopted), replace(base, workflows=(replace(base.workflows[0], checking_plan=adopted),)),
        replace(base, assumptions={"checking_plan": adopted}),
    ):
        row = inputs_of(from_json(to_json(whole))).rows["checking_plan"]
        assert from_json(to_json(whole)) == whole
        (tmp_path / "a.yaml").write_text(text(whole))
        assert read(tmp_path / "a.yaml") == whole
        assert (row.value, row.source) == ("usual", "adopted by Head of Service on 12 November 2026")
    assert document(replace(base, checking_plan="usual"))["checking_plan"] == "usual"
    plan = schema()["properties"]["checking_plan"]
    assert plan["anyOf"][0] == {"enum": ["usual", "flat"]}
    assert set(plan["anyOf"][1]["properties"]) == {"value", "by", "date"}


@pytest.mark.parametrize(("written", "fault"), [
    ("checking_plan: often", "usual"), ("checking_plan: {value: often}", "usual"), ("checking_plan: {by: me}", "value"),
    ("checking_plan: {value: usual, on: 2026-11-12}", "on"), ("checking_plan: {value: usual, date: soon}", "date"), ("checking_plan: 3", "usual"),
])
def test_a_plan_that_is_none_is_refused_with_the_words_that_are(tmp_path: Path, written: str, fault: str) -> None:
    (tmp_path / "a.yaml").write_text(f"advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2026-11-20\nworkflows: [{{id: w, name: W}}]\n{written}\n")

    with pytest.raises(EngagementError, match=fault):
        read(tmp_path / "a.yaml")


def test_what_was_said_of_checking_and_does_not_count_is_told() -> None:
    def said(answers: dict[str, Any], **own: Any) -> str:
        (one,) = studies(told(answers, **own))
        return " ".join(warnings(one.inputs))

    assert "a person decides" in said({"regulated": "yes"}, checking_plan="usual", review_share=0.1)
    assert "checking_plan and review_share" in said({"regulated": "yes"}, checking_plan="usual", review_share=0.1)
    assert "since a share is given" in said({"human_review": "always"}, checking_plan="usual")
    assert "check" not in said({"regulated": "yes"}) + said({}, checking_plan="usual") + said({}, review_share=0.2)


def test_a_pilot_is_valued_on_what_the_system_takes_under_the_plan_or_the_usual_one_where_nobody_named_any() -> None:
    """500 items a month for 36 months; a find every 4.22 of 36 months at 80 %; checking is a fixed cost."""
    unsaid, plan, always = (
        terms_for(inputs_of(told({"value_right": 4, **answers}, **own)), rules()).stakes
        for answers, own in (({}, {}), ({}, {"checking_plan": "usual"}), ({"human_review": "always"}, {}))
    )

    assert plan and always and unsaid == plan
    assert (plan.cases, always.cases) == (pytest.approx(18_000), pytest.approx(18_000))
    assert plan.cost_wrong == pytest.approx(10 * (1 - 0.8 * 4.22 / 36))
    assert always.cost_wrong == pytest.approx(10 * 0.2)
    assert always.fixed_cost - plan.fixed_cost == pytest.approx((36 - 4.22) * ALL)
