"""Checking by people: who checks what share, known only where somebody says it or adopts the usual plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from priced import ANSWERS, engagement, falling, fixed, inputs, inputs_of, setting

import advisorkit as ak
from advisorkit.catalog.reading import rules
from advisorkit.costs.bill import bill, usual_checking, warnings
from advisorkit.costs.simulation import price
from advisorkit.export.terminal import plain
from advisorkit.pilots.planning import pilot_plan
from advisorkit.pilots.terms import terms_for
from advisorkit.report.advice_pages import summary
from advisorkit.report.cost_pages import costs
from advisorkit.report.short_pages import costed
from advisorkit.screens.screen import Screen, screen_of
from advisorkit.store.reading import document, from_json, read, schema
from advisorkit.store.writing import text, to_json
from advisorkit.study.study import studies
from advisorkit.values.engagement import Adopted, Engagement
from advisorkit.values.messages import EngagementError

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


@pytest.mark.parametrize(("answer", "stated", "cash"), [
    ("fewer_hires", None, 1.0), ("growth", None, 1.0), ("other_work", None, 0.0), ("fewer_hires", 0.3, 0.3), ("other_work", 0.5, 0.0), (None, None, None), (None, 0.5, 0.5),
])
def test_freed_hours_are_cash_as_far_as_stated_and_none_where_they_go_into_other_work(answer: str | None, stated: float | None, cash: float | None) -> None:
    said = {"human_review": "never", **({"freed_hours": answer} if answer else {})}
    (one,) = studies(told(said, error_rate_today=0.05, **({} if stated is None else {"freed_hours_cash": stated})), draws=64)
    row, today = one.costs.money["prompt"], one.costs.money["today"]

    assert row.staff and today.staff and row.outside
    expected = None if cash is None else cash * (today.staff.likely - row.staff.likely) - row.outside.likely
    assert (row.gain_cash.likely if row.gain_cash else None) == (expected if expected is None else pytest.approx(expected))


def pages(whole: Engagement) -> str:
    (one,) = studies(whole, draws=64)
    return "\n".join(plain(block) for page in (summary, costs, costed) for block in page(one))


def test_page_and_terminal_say_what_usual_checking_costs_until_somebody_says_what_is_checked() -> None:
    known = {"minutes_per_item": 6, "error_rate_today": 0.05}
    note = "all answers for 2 months, 15% to month 12, 3% after that"

    assert pages(told({}, **known)).count(note) == 2  # the page of costs, the terminal
    assert note not in pages(told({}, **known, checking_plan="usual"))
    assert note not in pages(told({"human_review": "always"}, **known))
    assert note not in pages(told({"regulated": "yes"}, **known))


def screen(whole: Engagement, path: Path) -> Screen:
    work = whole.workflows[0]
    path.write_text(text(replace(whole, workflows=(replace(work, assumptions={name: work.assumptions[name] for name in PLAIN}),))))
    found = screen_of(ak.open(path))
    found.edit("section", {"name": "costs"})
    return found


def test_one_click_adopts_the_usual_plan_in_the_owners_name(tmp_path: Path) -> None:
    whole = told({})
    whole = replace(whole, workflows=(replace(whole.workflows[0], context={"owner": "Head of Service"}),))
    show = screen(whole, tmp_path / "a.yaml")
    row = next(row for row in show.view["assumptions"]["rows"] if row["name"] == "checking_plan")
    assert row["choices"] == [["None", "Unknown"], ["usual", "usual"], ["flat", "stays the same"]]

    show.edit("assume_part", {"name": "checking_plan", "part": "word", "text": "usual"})
    show.edit("keep", {})

    agreed = from_json(to_json(show.work.state.engagement))
    kept = agreed.workflows[0].assumptions["checking_plan"]
    assert isinstance(kept, Adopted)
    assert (kept.value, kept.by) == ("usual", "Head of Service")
    assert kept.date
    assert inputs_of(agreed).falling


def test_the_falling_plan_cannot_be_adopted_where_a_person_decides(tmp_path: Path) -> None:
    show = screen(told({"regulated": "yes"}), tmp_path / "a.yaml")

    show.edit("assume_part", {"name": "checking_plan", "part": "word", "text": "usual"})

    assert "Every answer is read there" in str(show.look.faults)
    assert "checking_plan" not in show.work.state.engagement.workflows[0].assumptions


@pytest.mark.parametrize(("items", "in_hand", "cases"), [(0, None, 20), (3, None, 20), (45, None, 45), (3, 60, 60), (3, 8, 20), (100_000, 8, 100)])
def test_a_pilot_marks_as_many_cases_as_come_in_or_are_in_hand_and_never_so_few_that_nothing_is_decided(items: float, in_hand: float | None, cases: int) -> None:
    """Three items a month made a plan of 3 cases, beside 60 real ones in hand and a rule that below 20 nothing is decided."""
    hand = {} if in_hand is None else {"test_cases": in_hand}
    assert pilot_plan(inputs({"calls_per_month": items, **hand}), rules()).mark == cases


def test_items_of_six_calls_are_as_many_cases_to_mark_as_there_are_items() -> None:
    assert terms_for(inputs_of(told({"calls_per_month": 120, "human_review": "never"}, calls_per_item=6)), rules()).most == 120
