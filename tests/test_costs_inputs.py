"""Where each assumption comes from, what wins over what, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from priced import ANSWERS, BOOK, TABLE, engagement, inputs, inputs_of, setting

from advisorkit.costs.assumption import completed
from advisorkit.costs.bill import bill
from advisorkit.costs.inputs import inputs_for
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import EngagementError, PriceError
from advisorkit.values.quantities import Estimate


def told(**fields: Any) -> Engagement:
    return engagement(ANSWERS, {}, **fields)


def test_workflow_wins_over_engagement_over_answer_over_price_book_over_default() -> None:
    rate = {"engineer_day_rate": setting([700, 900, 1200])}
    listed, whole = told(), replace(told(), assumptions=rate)
    own = replace(whole, workflows=(replace(whole.workflows[0], assumptions={"engineer_day_rate": setting(800)}),))

    rows = [inputs_of(e).rows["engineer_day_rate"] for e in (listed, whole, own)]

    assert [(row.changed_by, row.range.likely) for row in rows if row.range] == [
        ("price book", pytest.approx(570 * BOOK.rate("GBP", "EUR"))), ("engagement", 900), ("workflow", 800)]
    assert rows[0].price_id == "day:engineer-uk"


def test_an_answer_in_numbers_sets_the_workload_and_an_answer_in_words_sets_its_default() -> None:
    rows = inputs_of(engagement({**ANSWERS, "human_review": "always"}, {})).rows

    assert (rows["calls_per_month"].range, rows["calls_per_month"].changed_by) == (Estimate(25_000, 40_000, 60_000), "answer")
    assert rows["review_share"].range == Estimate.of(1)  # human_review: always
    assert "human_review" in rows["review_share"].source


@pytest.mark.parametrize(("tokens", "changed", "left"), [
    (2_500, {}, 0), (30_000, {}, 0), (80_000, {}, 0.55 * (1 - 64 / 80)), (640_000, {}, 0.55 * 0.9), (5_000_000, {}, 0.55),
    (2_500, {"access_control": "by_group"}, 0.55), (2_500, {"facts_in_request": "all"}, 0),
])
def test_looking_up_removes_nothing_where_a_prompt_carries_the_texts_and_reads_them_reliably(tokens: int, changed: dict[str, str], left: float) -> None:
    # 55 % where nothing needed is in the request; 64,000 tokens are read reliably; beyond 1,000,000 the texts do not fit, and with rights nobody may carry all
    answers = {"facts_in_request": "none", "corpus_tokens": tokens, **changed}
    found = inputs(answers)
    rate = {name: found.rows[f"error_rate_{name}"].range for name in ("prompt", "rag")}

    assert found.likely()["retrieval_removes"] == pytest.approx(left)
    assert rate["rag"]
    assert rate["prompt"]
    assert rate["rag"].likely == pytest.approx(rate["prompt"].likely * (1 - left * found.likely()["search_hit_rate"] / 0.8))
    assert inputs(answers, retrieval_removes=0.4).likely()["retrieval_removes"] == 0.4, "what somebody says or marks holds"


def test_a_disputed_answer_sets_no_default() -> None:
    whole = told()
    answers = {**whole.workflows[0].answers}
    answers["human_review"] = replace(answers["human_review"], levels=("always", "never"))

    row = inputs_of(replace(whole, workflows=(replace(whole.workflows[0], answers=answers),))).rows["review_share"]

    assert row.changed_by == "not known"


def test_what_nobody_said_is_not_known_and_has_no_value() -> None:
    row = inputs({}).rows["calls_per_month"]

    assert (row.value, row.changed_by, row.known) == (None, "not known", False)


def test_a_price_follows_the_words_chosen_before_it() -> None:
    assert inputs(gpu="h100").rows["gpu_price"].price_id == "gpu:h100/hour"
    assert inputs(store="pgvector").rows["store_minimum"].price_id == "store:pgvector/minimum"


@pytest.mark.parametrize(("model", "row"), [
    ("together:qwen3.5-9b", "training:lora-10b/1m_tokens"), ("together:llama-3.3-70b", "training:lora-70b/1m_tokens"),
    ("openai:gpt-4.1-mini", "training:gpt-4.1-mini/1m_tokens"), ("openai:ft-gpt-4o-mini", "training:gpt-4o-mini/1m_tokens"),
])
def test_the_price_of_training_is_that_of_the_model_to_train(model: str, row: str) -> None:
    assert inputs(tuned_model=model).rows["training_price"].price_id == row


def test_a_model_without_a_training_price_is_refused_until_somebody_gives_one() -> None:
    with pytest.raises(PriceError, match=r"no training price is known for openai:gpt-5-mini; set training_price, or tuned_model .*openai:gpt-4\.1"):
        inputs(tuned_model="openai:gpt-5-mini")

    assert inputs(tuned_model="openai:gpt-5-mini", training_price=4).likely()["training_price"] == 4


def test_every_training_price_named_for_a_model_is_in_the_book() -> None:
    assert {model.training for model in BOOK.models.values()} - {""} <= BOOK.prices.keys()


def test_a_negotiated_price_reaches_the_bill() -> None:
    listed, own = told(), told(prices={"anthropic:claude-sonnet-5-5/output": 5.0, "label:contractor": 1.0})

    def output(whole: Engagement) -> float | None:
        return bill(inputs_of(whole)).line("rag", "model_output").price

    assert output(own) == pytest.approx((output(listed) or 0) / 2)
    assert inputs_of(own).rows["label_price"].changed_by == "negotiated"


def test_every_row_says_what_it_means_its_unit_and_its_source() -> None:
    for row in inputs().rows.values():
        assert row.assumption.label
        assert row.assumption.meaning.endswith(".")
        assert row.unit
        assert "{" not in row.unit
        assert row.source


def test_prices_behind_the_figures_are_listed_with_their_ages() -> None:
    ids = {age.id for age in inputs().prices()}

    assert {"day:engineer-uk", "anthropic:claude-sonnet-5-5/input", "together:qwen3.5-9b/output", "store:serverless/minimum"} <= ids
    assert all(age.age_days == 11 for age in inputs().prices() if age.id.startswith("anthropic:"))


def test_a_stale_price_changes_its_age_and_no_number() -> None:
    fresh, old = told(), told(as_of=date(2026, 12, 20))
    lines = [[(line.component, line.amount) for line in bill(inputs_of(whole)).lines] for whole in (fresh, old)]

    assert lines[0] == lines[1]
    later = inputs_of(told(as_of=date(2027, 9, 1))).prices()
    assert {age.state for age in later if not age.id.startswith(("day:", "hour:", "label:", "judge:", "tool:", "throughput:"))} == {"stale"}
    assert {age.state for age in later if age.id.startswith(("hour:", "judge:"))} == {"warn", "fresh"}  # statistics stop no report


def test_parts_of_a_build_that_are_more_than_the_whole_name_the_field_and_the_fix() -> None:
    with pytest.raises(EngagementError, match=r"acme: desk.assumptions.corpus_share_rag: .* together must not exceed 1"):
        inputs(corpus_share_rag=0.8)


def test_no_item_saves_more_minutes_than_it_takes_today() -> None:
    with pytest.raises(EngagementError, match=r"minutes_saved: an item cannot save more minutes \(likely 8\) than it takes today \(minutes_per_item, likely 6\)"):
        inputs(minutes_per_item=6, minutes_saved=8)

    wide = inputs(minutes_per_item=[2, 6, 10], minutes_saved=[1, 4, 12])
    drawn = completed(wide.draw(2**9, 1))
    left = drawn["minutes_per_item"] - drawn["minutes_saved"]
    assert left.min() > -1e-9
    assert 0.1 < (left < 1e-9).mean() < 0.5


@pytest.mark.parametrize("value", [[3, 2, 1], [1, float("nan")], float("inf")])
def test_a_range_that_falls_or_is_not_finite_is_no_range(value: Any) -> None:
    with pytest.raises(ValueError, match=r"rise|finite"):
        setting(value)


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(PriceError, match="openai:gpt-5-mini"):
        inputs(model="openai:gpt-5-minis")


def test_a_currency_without_a_rate_is_refused_with_what_to_write() -> None:
    with pytest.raises(PriceError, match="exchange_rates"):
        inputs_of(told(currency="JPY"))


def test_a_files_own_rate_wins_over_the_planning_rate() -> None:
    row = inputs_of(told(exchange_rates={"GBP": 2.0})).rows["engineer_day_rate"]

    assert row.range == Estimate(802, 1140, 1576)


def test_the_table_holds_what_a_store_needs_to_check_a_file() -> None:
    assert {a.group for a in TABLE.values()} == {"workload", "assumption"}
    assert all(a.default is None or not a.fits(a.default) for a in TABLE.values())
    assert all(not a.fits(v) or isinstance(v, str) for a in TABLE.values() if a.by_answer for v in a.by_answer.levels.values())


def test_inputs_are_worked_out_from_the_book_of_the_day() -> None:
    whole = told()

    assert inputs_for(whole, whole.workflows[0], BOOK, TABLE).book.as_of == whole.as_of
