"""What a bill promises: lines that add up, volumes and prices that push costs one way, unknowns that stay unknown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from priced import ANSWERS, BOOK, LIKELY, NOTHING_BESIDE, TABLE, changes, engagement, facts, falling, having, inputs, inputs_of

from advisorkit.catalog.reading import rules
from advisorkit.costs.bill import Bill, bill
from advisorkit.costs.columns import columns
from advisorkit.costs.flows import COLUMNS, scene
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.simulation import price
from advisorkit.pilots.terms import stakes_of
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.messages import PriceError

AMOUNTS = st.floats(0, 1e7) | st.sampled_from([0.0, 1.0])


def totals(**assumptions: Any) -> dict[str, float]:
    made = bill(inputs(**assumptions))
    return {pattern: known(made.total(pattern)) for pattern in PATTERNS}


def known(amount: float | None) -> float:
    assert amount is not None
    return amount


@given(changes())
def test_a_bill_equals_its_lines(changed: dict[str, float]) -> None:
    made = bill(inputs(**changed))

    for line in made.lines:
        if line.amount is not None:
            assert line.amount == pytest.approx(known(line.quantity) * known(line.price) * known(line.months), rel=1e-12, abs=1e-9)
    for pattern in PATTERNS:
        parts = [known(made.total(pattern, phase)) for phase in ("build", "run", "change", "error")]
        assert known(made.total(pattern)) == pytest.approx(math.fsum(parts), rel=1e-12)


@given(changes(), AMOUNTS, st.floats(1, 100))
def test_more_volume_never_costs_less_in_total(changed: dict[str, float], calls: float, more: float) -> None:
    # by a model without a cache: one that more calls keep warm spares writes, so that its total may fall
    few, many = (totals(**{"model": "deepseek:deepseek-v3.2", **changed, "batch_share": 0, "calls_per_month": volume}) for volume in (calls, calls * more))

    assert all(many[pattern] >= few[pattern] * (1 - 1e-12) for pattern in PATTERNS)


@given(changes(), st.floats(1, 1e7), st.floats(1, 100))
def test_a_call_never_gets_dearer_with_volume_where_calls_are_paid_by_token(changed: dict[str, float], calls: float, more: float) -> None:
    base = inputs(**changed)

    def by_call(volume: float) -> list[float]:
        made = bill(having(base, calls_per_month=volume))
        models = [[line.amount for line in made.of(p) if line.component_id.startswith("model_")] for p in PATTERNS]
        return [math.fsum(known(amount) for amount in amounts) / volume for amounts in models]

    for few, many in zip(by_call(calls), by_call(calls * more), strict=True):
        assert many <= few * (1 + 1e-9)


PRICES = ["engineer_day_rate", "label_price", "training_price", "hourly_cost", "judge_price", "rerank_price", "store_minimum",
          "observability_month", "cost_wrong", "tuned_markup", "input_tokens", "output_tokens", "retrieved_passages", "build_days_rag"]


@given(st.sampled_from(PRICES), st.floats(1, 50))
def test_a_higher_price_or_more_work_never_makes_anything_cheaper(name: str, times: float) -> None:
    likely = float(LIKELY[name])

    before, after = totals(**{name: likely}), totals(**{name: likely * times})

    assert all(after[pattern] >= before[pattern] * (1 - 1e-12) for pattern in PATTERNS)


@given(changes(), st.integers(0, 60), st.integers(0, 60))
def test_months_add_up_when_money_is_not_discounted(changed: dict[str, float], first: int, more: int) -> None:
    flat = {**changed, "discount_rate": 0, "growth_per_year": 0, "adoption_months": 1}

    base = inputs(**flat)
    one, two, both = (bill(having(base, horizon_months=months)) for months in (first, more, first + more))

    for pattern in PATTERNS:
        built = known(both.total(pattern, "build"))
        assert built == known(one.total(pattern, "build"))
        assert known(both.total(pattern)) - built == pytest.approx(
            known(one.total(pattern)) - built + known(two.total(pattern)) - built, rel=1e-9, abs=1e-6)


@given(st.floats(0, 1), st.floats(-0.5, 1), st.floats(1, 40), st.integers(0, 60))
def test_closed_sums_are_the_sums_of_their_months(rate: float, growth: float, ramp: float, horizon: int) -> None:
    here = scene(priced := inputs(discount_rate=rate, growth_per_year=growth, adoption_months=ramp, horizon_months=horizon), priced.likely())
    month = math.fsum((1 + rate) ** (-t / 12) for t in range(1, horizon + 1))
    work = math.fsum((1 + growth) ** ((t - 1) / 12) * (1 + rate) ** (-t / 12) for t in range(1, horizon + 1))
    calls = math.fsum((1 + growth) ** ((t - 1) / 12) * (1 + rate) ** (-t / 12) * min(t / ramp, 1) for t in range(1, horizon + 1))

    assert float(here.clock.months["month"]) == pytest.approx(month, rel=1e-12)
    assert float(here.clock.months["work"]) == pytest.approx(work, rel=1e-12)
    assert float(here.clock.months["calls"]) == pytest.approx(calls, rel=1e-11)


@given(changes())
def test_one_scenario_and_many_draws_agree(changed: dict[str, float]) -> None:
    priced = inputs(**changed)
    alone = columns(scene(priced, priced.likely()))
    drawn = columns(scene(priced, {name: np.full(3, value) for name, value in priced.likely().items()}))

    for column in COLUMNS:
        for one, many in zip(alone[column], drawn[column], strict=True):
            assert np.allclose(np.broadcast_to(many.total, 3), one.total, rtol=1e-12, atol=0, equal_nan=True), one.component_id


@given(changes())
def test_a_hybrid_build_is_never_below_either_of_its_parts(changed: dict[str, float]) -> None:
    made = bill(inputs(**changed))

    assert known(made.total("hybrid", "build")) >= max(known(made.total("rag", "build")), known(made.total("finetune", "build"))) * (1 - 1e-12)


@given(st.floats(0.01, 100))
def test_another_currency_scales_everything(rate: float) -> None:
    """The same client in a currency of which one dollar, pound or euro buys `rate` times as much."""
    euro = bill(inputs_of(engagement()))
    money = {**ANSWERS, "cost_wrong": [3 * rate, 6 * rate, 10 * rate], "value_right": 4 * rate}
    rates = {code: per_euro * rate for code, per_euro in {**BOOK.rates, "EUR": 1.0}.items()}
    other = bill(inputs_of(engagement(money, currency="XTS", exchange_rates=rates)))

    for one, two in zip(euro.lines, other.lines, strict=True):
        assert two.amount == pytest.approx(one.amount and one.amount * rate, rel=1e-9) if one.amount is not None else two.amount is None


@given(st.floats(0.05, 0.95), changes())
def test_a_workflow_cut_in_two_pays_the_same_for_its_calls(share: float, changed: dict[str, float]) -> None:
    # the trained model's host has no cache, so no price depends on volume

    base = inputs(**changed)

    def calls(volume: float) -> float:
        made = bill(having(base, calls_per_month=volume))
        return math.fsum(known(line.amount) for line in made.of("finetune") if line.component_id.startswith("model_"))

    assert calls(40_000 * share) + calls(40_000 * (1 - share)) == pytest.approx(calls(40_000), rel=1e-12)


def test_zero_volume_costs_the_build_and_what_runs_anyway_and_no_call() -> None:
    made = bill(inputs(calls_per_month=0))

    for pattern in PATTERNS:
        by_call = [line.amount for line in made.of(pattern) if line.component_id.startswith(("model_", "search_", "wrong_answers", "checking"))]
        assert by_call == [0.0] * len(by_call)
        assert known(made.total(pattern)) > known(made.total(pattern, "build")) > 0
    assert made.total("today") == 0


def test_a_horizon_of_zero_months_costs_the_build_alone() -> None:
    made = bill(inputs(horizon_months=0))

    assert all(made.total(pattern) == made.total(pattern, "build") for pattern in PATTERNS)


def test_without_the_cost_of_a_wrong_answer_its_lines_are_not_known_and_the_rest_is() -> None:
    made = bill(inputs({name: answer for name, answer in ANSWERS.items() if name != "cost_wrong"}))

    wrong = [line for line in made.lines if line.component_id == "wrong_answers"]
    assert [line.amount for line in wrong] == [None] * len(wrong)
    assert all(known(made.total(pattern)) > 0 and made.total(pattern, "error") is None for pattern in PATTERNS)


def test_without_the_volume_the_build_is_known_and_the_total_is_not() -> None:
    made = bill(inputs({name: answer for name, answer in ANSWERS.items() if name != "calls_per_month"}))

    assert all(made.total(pattern) is None and known(made.total(pattern, "build")) > 0 for pattern in PATTERNS)


def test_without_a_quote_the_bought_product_is_not_known_and_with_one_it_is() -> None:
    without, quoted = bill(inputs()), bill(inputs(buy_seats=20, buy_seat_price=50, buy_setup=3000, error_rate_buy=0.1, adoption_months=1))

    assert without.total("buy") is None
    months = (1 - 1.1 ** -3) / (1.1 ** (1 / 12) - 1)  # 36 months at 10 % a year
    assert known(quoted.total("buy", "build", "run")) == pytest.approx(3000 + 20 * 50 * months, rel=1e-9)


def test_what_the_work_costs_today_is_people_and_their_errors() -> None:
    flat = {"discount_rate": 0, "growth_per_year": 0, "horizon_months": 12, "hourly_cost": 30, "minutes_per_item": 6, "error_rate_today": 0.05}
    made = bill(inputs({**ANSWERS, "calls_per_month": 10_000, "cost_wrong": 8}, **flat))

    people, errors = 12 * 10_000 * 6 / 60 * 30, 12 * 10_000 * 0.05 * 8

    assert known(made.total("today")) == pytest.approx(people + errors)


def test_errors_are_what_escapes_the_check_and_the_check_itself() -> None:
    told = {"error_rate_prompt": 0.1, "review_share": 0.5, "review_catch": 0.8, "review_minutes": 3, "hourly_cost": 40, "discount_rate": 0,
            "growth_per_year": 0, "adoption_months": 1, "horizon_months": 1}
    made = bill(inputs({**ANSWERS, "calls_per_month": 1000, "cost_wrong": 20}, **told))

    taken, staying = 0.7 * 0.1 * (1 - 0.5 * 0.8), 0.3 * 0.04  # 70 % are taken, the rest carries today's 4 %
    escaped, checked = 1000 * (taken + staying) * 20, 1000 * 0.7 * 0.5 * 3 / 60 * 40

    assert known(made.total("prompt", "error")) == pytest.approx(escaped + checked)


def test_whole_gpus_replace_tokens_on_own_servers_and_come_in_steps() -> None:
    own = {**ANSWERS, "hosting": "own_servers"}
    told = {"gpu_utilisation": 0.1, "input_tokens": 600, "output_tokens": 300, "tuned_instruction_tokens": 150, "input_token_weight": 0.1,
            "retry_share": 0.3, "gpu_tokens_per_second": 400}
    made = [bill(inputs(own, calls_per_month=calls, **told)) for calls in (1000, 10_000_000)]
    tokens, capacity = 10_000_000 * 1.3 * (300 + 0.1 * 750), 400 * 0.1 * 730 * 3600

    rents = [b.line("finetune", "gpu_rent") for b in made]
    assert not [line for b in made for line in b.lines if line.component_id.startswith("model_")]
    assert rents[0].quantity == 1
    assert rents[1].quantity == math.ceil(tokens / capacity) == 47


def test_gpus_are_rounded_up_to_whole_copies_of_the_model() -> None:
    busy = {"hosting": "own_servers"} | ANSWERS
    a_month = 400 * 0.1 * 730 * 3600

    def gpus(tokens: float, copy: int = 1) -> float | None:
        told = {"gpu_tokens_per_second": 400, "gpu_utilisation": 0.1, "retry_share": 0, "input_token_weight": 0, "output_tokens": tokens,
                "reasoning_tokens": 0, "calls_per_month": 1, "gpus_per_copy": copy}
        return bill(inputs(busy, **told)).line("prompt", "gpu_rent").quantity

    assert gpus(a_month * 2) == 2
    assert gpus(a_month * 2 + 1, copy=4) == 12
    assert gpus(0) == 1


def test_batches_are_cheaper_and_a_model_without_batch_prices_is_refused() -> None:
    def model_lines(made: Bill) -> float:
        return math.fsum(known(line.amount) for line in made.of("rag") if line.component_id.startswith("model_"))

    standard, batch = bill(inputs(batch_share=0)), bill(inputs(batch_share=1))

    assert model_lines(batch) == pytest.approx(model_lines(standard) / 2, rel=1e-9)
    with pytest.raises(PriceError, match=r"no batch price is known for together:qwen3.5-9b"):
        bill(inputs(tuned_batch_share=0.5))


def test_reasoning_tokens_are_billed_as_output_of_models_that_reason_only() -> None:
    def output(model: str) -> float:
        made = bill(inputs(model=model, output_tokens=300, reasoning_tokens=200))
        return known(made.line("prompt", "model_output").quantity)

    assert output("openai:gpt-5-mini") == pytest.approx(output("anthropic:claude-sonnet-4-6") * 500 / 300)


def figures(**assumptions: Any) -> Iterator[str]:
    """Every figure of a client who knows everything and has a quote, of one on own servers, and of one on a busy endpoint."""
    quoted = {"buy_seats": 20, "buy_seat_price": 50, "buy_setup": 3000, "buy_resolution_price": 1, "error_rate_buy": 0.1, **assumptions}
    quoted = {"tuned_model": "groq:gpt-oss-20b", "integration_count": 3, "switch_month": 12, **quoted}
    talk = {"calls_per_item": 3, "tool_result_tokens": 50, "paid_searches": 0.5, "model_hosting": "provisioned", "reasoning_tokens": 200}
    whole = {**dict.fromkeys(NOTHING_BESIDE, 0.9), "languages": 3, "store": "pgvector"}
    large = {**ANSWERS, "hosting": "own_servers", "corpus_tokens": 5e9}
    many = {**ANSWERS, "calls_per_month": 50_000_000}
    api, busy = ({"tuned_hosting": where, **quoted} for where in ("api", "endpoint"))
    clients: tuple[Callable[[], Inputs], ...] = (
        lambda: inputs(**api), lambda: inputs(large, **quoted), lambda: inputs(many, **busy), lambda: inputs(**{**talk, **quoted}),
        lambda: falling(inputs(**api)), lambda: inputs({**ANSWERS, "calls_per_month": 300}, **{**whole, **quoted}),
    )  # fmt: skip
    for client in clients:
        i = client()
        made, lines = price(i, 64), bill(i)
        yield repr((lines.lines, facts(i, 64), made.columns, made.money, made.tornado, stakes_of(i, lines, rules())))


BASE = tuple(figures())


@pytest.mark.parametrize("name", [name for name, assumption in TABLE.items() if assumption.numeric and name != "spent"])
def test_every_number_of_the_assumption_table_changes_some_figure(name: str) -> None:
    share, likely = TABLE[name].kind == "share", float(LIKELY[name])
    other = 0.37 if share else 5.0 if math.isnan(likely) else 5 * likely + 3

    changed = figures(**{name: min(other, 0.2) if "_share_rag" in name else other})  # worked out client by client, until one differs
    assert any(now != before for now, before in zip(changed, BASE, strict=True))
