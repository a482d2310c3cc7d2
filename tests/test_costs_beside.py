"""Defaults with their sources, and the lines beside a first version: what each counts, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from priced import ANSWERS, NOTHING_BESIDE, TABLE, TODAY, TODAYS_FIGURES, WHOLE_BOOK, answered, inputs, setting

from advisorkit.costs.bill import Bill, bill, warnings
from advisorkit.costs.inputs import Inputs, inputs_for
from advisorkit.costs.simulation import price
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.quantities import Estimate

CHOSEN = {"corpus_in_prompt", "batch_share", "tuned_batch_share", "discount_rate", "overrun", "engineers", "days_per_week", "training_passes", "tuned_hosting_hour",
          "gpu_hours", "gpus_per_copy", "tuned_gpus_per_copy", "embedding_dimensions", "platform_share_prompt", "platform_share_rag", "corpus_share_rag",
          "platform_share_finetune", "history_share", "review_share_first"}
"""Defaults that somebody decides or that are so by definition: one number, no range."""


def shipped(answers: dict[str, Any], currency: str = "USD", **assumptions: Any) -> Inputs:
    """Inputs at the shipped defaults and prices."""
    settings = {name: setting(value) for name, value in assumptions.items()}
    whole = Engagement("acme", "Acme", currency, TODAY, (Workflow("desk", "Desk", answers=answered(answers), assumptions=settings),))
    return inputs_for(whole, whole.workflows[0], WHOLE_BOOK, TABLE)


def paid(made: Bill, column: Any, component: str) -> tuple[float | None, float | None]:
    line = made.line(column, component)
    return line.quantity, line.price


@pytest.mark.parametrize("name", TABLE)
def test_every_default_has_a_source_a_day_and_a_range_where_it_is_not_chosen(name: str) -> None:
    row = TABLE[name]
    values = [row.default, *(row.by_answer.levels.values() if row.by_answer else ())]
    single = [value for value in values if isinstance(value, Estimate) and value.fixed and value.likely not in {0, 1}]

    assert row.source and date(2026, 11, 1) <= row.checked <= date(2026, 12, 31)
    assert not single or row.kind == "count" or name in CHOSEN or row.answer, "a default that nobody decides has a range"


def test_every_line_beside_a_first_version_has_a_default_range_or_says_on_what_it_waits() -> None:
    for name in NOTHING_BESIDE:
        row = TABLE[name]
        assert row.line
        assert row.price or row.by_answer or (isinstance(row.default, Estimate) and row.default.low < row.default.high)


def test_the_lines_beside_a_first_version_worked_out_by_hand() -> None:
    """RAG of 10 days at 1,000 with 4M tokens, growth 0.5 (twice the work), staff at 30 an hour, advice at 2,000 a day."""
    told = {
        "build_days_rag": 10, "overrun": 1, "engineer_day_rate": 1000, "hourly_cost": 30, "advice_day_rate": 2000, "corpus_growth": 0.5, "production_share": 0.5,
        "rights_days": 4, "reading_days": 3, "cleanup_hours": 20, "pilot_days": 2, "case_minutes": 15, "test_case_count": 100, "project_lead_share": 0.1,
        "client_hours": 2, "security_days": 5, "user_training_hours": 40, "advice_days": 6, "contingency_share": 0.1, "marking_minutes": 3, "judge_price": 0.1,
        "languages": 3, "language_days_share": 0.1, "language_cases_share": 0.5, "store_write_price": 0, "embedding_model": "openai:text-embedding-3-small",
    }
    made = bill(inputs({**ANSWERS, "corpus_tokens": 4_000_000, "calls_per_month": 1000}, **told))
    rag = {name: paid(made, "rag", name) for name in (
        "engineers_production", "engineers_rights", "engineers_languages", "engineers_reading", "documents_cleaned", "pilot", "first_cases_made", "project_lead",
        "client_hours", "security_review", "user_training", "advice_fee",
    )}

    engineers = 10 + 10 * 0.5 * 2 + 4 + 10 * 0.1 * 2 + 3  # 29 days
    cases = 100 * (1 + 2 * 0.5)  # three languages
    assert rag == {
        "engineers_production": (10, 1000), "engineers_rights": (4, 1000), "engineers_languages": (2, 1000), "engineers_reading": (3, 1000),
        "documents_cleaned": (40, 30), "pilot": (2, 1000), "first_cases_made": (cases * 15 / 60, 30), "project_lead": (pytest.approx(0.1 * engineers), 1000),
        "client_hours": (pytest.approx(2 * engineers), 30), "security_review": (5, 2000), "user_training": (40, 30), "advice_fee": (6, 2000),
    }
    before = sum(line.amount or 0 for line in made.of("rag") if line.phase == "build" and line.component_id != "contingency")
    assert made.line("rag", "contingency").amount == pytest.approx(0.1 * before)
    assert made.total("rag", "build") == pytest.approx(1.1 * before)
    assert not {line.component_id for line in made.of("prompt")} & {"engineers_rights", "documents_cleaned", "examples_reviewed"}


@pytest.mark.parametrize(("answer", "level", "component"), [
    ("input_form", "scans", "engineers_reading"), ("input_form", "scans", "input_read"), ("input_form", "audio", "input_read"),
    ("access_control", "by_group", "engineers_rights"),
])
def test_what_is_asked_of_scans_speech_and_rights_is_a_line(answer: str, level: str, component: str) -> None:
    plain, told = (bill(shipped({"calls_per_month": 1000, **more})) for more in ({}, {answer: level}))

    assert component in {line.component_id for line in told.of("rag")} - {line.component_id for line in plain.of("rag")}


def test_ten_languages_change_tests_examples_and_engineers() -> None:
    one, ten = (bill(shipped({"calls_per_month": 1000, "languages": count})) for count in (1, 10))

    for component in ("first_tests_people", "first_cases_made", "examples"):
        assert (ten.line("finetune", component).amount or 0) == pytest.approx((1 + 9 * 0.6) * (one.line("finetune", component).amount or 0))
    assert ten.line("prompt", "engineers_languages").quantity == pytest.approx(9 * 0.08 * 3.2)


@pytest.mark.parametrize(("currency", "told", "rate", "hour"), [
    ("GBP", {}, 850, 25), ("GBP", {"builder": "contractor"}, 570, 25), ("USD", {"builder": "consultancy"}, 2400, 46), ("CHF", {"builder": "own"}, 800, 65),
    ("EUR", {"country": "de", "builder": "contractor"}, 1200, 43.4), ("EUR", {"country": "bg"}, 1100, 10.6), ("EUR", {}, 1100, 33.5),
])
def test_day_rates_and_staff_hours_follow_who_builds_and_the_country(currency: str, told: dict[str, str], rate: float, hour: float) -> None:
    likely = shipped({}, currency, **told).likely()

    assert (likely["engineer_day_rate"], likely["hourly_cost"]) == (pytest.approx(rate), pytest.approx(hour))


def test_a_rate_that_was_negotiated_under_its_old_name_still_holds() -> None:
    whole = replace(shipped({}).engagement, prices={"day:engineer-uk": 500, "hour:staff": 20}, currency="GBP")
    found = inputs_for(whole, whole.workflows[0], WHOLE_BOOK, TABLE)

    assert found.likely()["engineer_day_rate"] == 500
    assert found.rows["hourly_cost"].changed_by == "negotiated"


def test_with_a_volume_alone_a_rag_for_everyday_use_costs_what_public_sources_say() -> None:
    """45,000 to 130,000 dollars and more for production (tensoria.fr), against 8,000 to 21,000 before; the days of a first version stay the source text's."""
    made = price(shipped({"calls_per_month": 10_000}), 2**12).columns

    assert made["rag"].build and made["prompt"].build
    assert 45_000 < made["rag"].build.p50 < 160_000
    assert 15_000 < made["prompt"].build.p50 < 60_000
    assert (TABLE["build_days_prompt"].default, TABLE["build_days_rag"].default, TABLE["build_days_finetune"].default) == (
        Estimate(2, 3.2, 5), Estimate(10, 17, 30), Estimate(5, 10, 20))


def test_the_usual_effect_is_the_measured_one() -> None:
    """14 % of today's work where everybody uses it: 0.7 of the items times 0.2 of their minutes."""
    likely = shipped({}).likely()

    assert likely["share_taken"] * likely["minutes_saved_share"] == pytest.approx(0.14)
    assert likely["adoption"] < 1


def test_watching_follows_the_volume() -> None:
    few, many = (bill(shipped({"calls_per_month": calls}, retry_share=0)).line("prompt", "call_traces") for calls in (100_000, 1_000_000))

    assert (few.quantity, many.quantity, few.price) == (100, 1000, 0.5)


def test_a_small_trained_model_may_be_worse_than_the_prompt() -> None:
    drawn = shipped({"facts_or_behaviour": "facts"}).draw(2**10, 1)

    assert (drawn["training_removes"] < 0).mean() > 0.4
    worse = inputs(error_rate_prompt=0.9, training_removes=-0.5)
    assert worse.rows["error_rate_finetune"].range == Estimate(1, 1, 1)


def test_a_line_that_is_struck_is_named_with_its_usual_amount() -> None:
    told = warnings(shipped({"calls_per_month": 1000}, project_lead_share=0, user_training_hours=0))

    struck = [line for line in told if "struck" in line]
    assert [line.partition(" is struck")[0] for line in struck] == ["Project lead", "Training of users"]
    assert "usually 8% to 30% of the engineers' days, here $" in struck[0]
    assert "usually 20 to 400 hours, here $4,600" in struck[1]
    assert not [line for line in warnings(shipped({"calls_per_month": 1000})) if "struck" in line]


def test_money_already_spent_is_told_and_in_no_sum() -> None:
    plain, spent = (shipped({"calls_per_month": 1000}, **told) for told in ({}, {"spent": 40_000}))

    assert "$40,000 is already spent and stands in no sum" in warnings(spent)
    assert [line.amount for line in bill(plain).lines] == [line.amount for line in bill(spent).lines]


def test_nothing_beside_leaves_the_first_version() -> None:
    bare = bill(inputs())

    assert TODAYS_FIGURES
    for pattern in PATTERNS:
        assert not {line.component_id for line in bare.of(pattern)} & {row.line.id for row in TABLE.values() if row.line}
