"""What the simulation says: ranges, chances, crossings, paybacks and what moves them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from priced import ANSWERS, TABLE, changes, facts, falling, fixed, having, inputs, without

from advisorkit.costs.bill import bill
from advisorkit.costs.flows import COLUMNS, build_days, scene
from advisorkit.costs.results import CostResult, Figure, PaidBack
from advisorkit.costs.simulation import line_ranges, pattern_totals, price, tornado
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.quantities import Band

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import model as benchmark
import plain_model

FEW = 2**8
OFFERED = inputs(buy_seats=5, buy_seat_price=30, error_rate_buy=0.1)


def bands(value: Any) -> Iterator[Band]:
    if isinstance(value, Band):
        yield value
    elif isinstance(value, dict):
        yield from (band for one in value.values() for band in bands(one))
    elif isinstance(value, tuple):
        yield from (band for one in value for band in bands(one))
    elif is_dataclass(value):
        yield from (band for field in fields(value) for band in bands(getattr(value, field.name)))


@given(changes())
def test_every_range_rises_and_chances_add_up(changed: dict[str, float]) -> None:
    made = price(inputs(**changed), FEW)

    assert all(band.p10 <= band.p50 <= band.p90 for band in bands(made))
    assert sum(made.cheapest.values()) == pytest.approx(1)


@given(changes(), st.booleans(), st.booleans(), st.integers(0, 40))
def test_a_plain_python_model_month_by_month_comes_to_the_same_totals(changed: dict[str, float], carried: bool, plan: bool, switch: int) -> None:
    priced = inputs(**changed, corpus_in_prompt="yes" if carried else "no", switch_month=switch)
    priced = falling(priced) if plan else priced
    likely = {name: float(value) for name, value in priced.likely().items()}

    plain = plain_model.totals(likely, plain_model.words(priced, corpus_in_prompt=carried))

    assert {p: bill(priced).total(p) for p in PATTERNS} == pytest.approx(plain, rel=1e-9)


def test_with_nothing_uncertain_every_range_is_the_bill_itself() -> None:
    sure = fixed(inputs())
    made, lines, billed = price(sure, FEW), line_ranges(sure, FEW), bill(sure)

    for column in (*PATTERNS, "today"):
        cost = made.columns[column]
        assert cost.total == Band(*[pytest.approx(billed.total(column), rel=1e-12)] * 3)
        assert [band and band.p50 for band in lines[column].values()] == pytest.approx([line.amount for line in billed.of(column)], rel=1e-12)
    assert max(made.cheapest.values()) == 1.0


def test_the_builds_of_the_source_text_come_out_as_fifth_and_ninety_fifth_percentile() -> None:
    priced = inputs()
    here = scene(priced, priced.draw(2**14, 1))
    drawn = build_days(here)
    days = {pattern: np.quantile(drawn[pattern], [0.05, 0.95]) for pattern in PATTERNS}

    assert days["prompt"] == pytest.approx([2, 5], rel=0.01)
    assert days["rag"] == pytest.approx([10, 30], rel=0.01)
    assert days["finetune"] == pytest.approx([5, 20], rel=0.01)
    extra = drawn["hybrid"] / (drawn["rag"] + drawn["finetune"]) - 1
    assert np.quantile(extra, [0.05, 0.95]) == pytest.approx([0.2, 0.4], rel=0.01)


def test_a_call_of_a_trained_small_model_costs_far_less_than_one_of_a_frontier_model() -> None:
    made = price(inputs(tuned_hosting="api"), FEW)
    per_call = {pattern: cost.per_call.p50 for pattern in PATTERNS if (cost := made.columns[pattern]).per_call}

    assert per_call["finetune"] < per_call["prompt"] / 5
    assert per_call["finetune"] < per_call["hybrid"] < per_call["prompt"] < per_call["rag"]


def test_the_same_seed_gives_the_same_result_and_another_seed_another() -> None:
    one, again, other = (price(inputs(), FEW, seed=seed) for seed in (1, 1, 2))

    assert one == again
    assert one.columns["rag"].total != other.columns["rag"].total


def test_changing_one_assumption_leaves_the_draws_of_all_others_as_they_were() -> None:
    before, after = inputs().draw(FEW, 1), inputs(engineer_day_rate=900, review_minutes=[1, 2, 9]).draw(FEW, 1)

    moved = {name for name in before if not np.array_equal(before[name], after[name], equal_nan=True)}

    assert moved == {"engineer_day_rate", "review_minutes"}


def test_ranges_are_stable_from_one_scramble_to_the_next() -> None:
    priced = inputs()
    reference = np.quantile(total_of(priced, 2**17, 99), 0.9)
    found = [np.quantile(total_of(priced, 2**14, seed), 0.9) for seed in range(8)]

    assert np.sqrt(np.mean((np.array(found) / reference - 1) ** 2)) < 0.01


def total_of(priced: Any, draws: int, seed: int) -> Any:
    return pattern_totals(priced, priced.draw(draws, seed))["prompt"]


@given(changes())
def test_at_break_even_both_totals_are_the_same_and_their_order_turns(changed: dict[str, float]) -> None:
    priced = inputs(**changed)

    for crossing in price(priced, FEW).break_even:
        volume, (a, b) = crossing.calls_per_month, crossing.between
        if volume is None or crossing.kind == "steps":
            continue
        totals = pattern_totals(priced, {"calls_per_month": volume * np.array([1 - 1e-6, 1, 1 + 1e-6])})
        below, at, above = (totals[a] - totals[b]) / totals[a]
        assert abs(at) < 1e-9
        assert below * above < 0


def test_without_a_crossing_the_cheaper_one_is_named() -> None:
    made = price(inputs(cost_wrong=0, tuned_markup=1e6, tuned_hosting="api"), FEW)

    found = {crossing.between: crossing for crossing in made.break_even}["prompt", "finetune"]

    assert (found.calls_per_month, found.reason) == (None, "the prompt costs less at every volume")


def test_payback_and_benefit_against_today_follow_from_the_bill() -> None:
    """6 minutes of 30 an hour saved on every one of 1000 items, against a build of 3 days at 1000: 3000 a month."""
    plain = {
        "minutes_per_item": 6, "minutes_saved": 6, "hourly_cost": 30, "share_taken": 1, "calls_per_month": 1000, "engineer_day_rate": 1000,
        "build_days_prompt": 3, "maintenance_share": 0, "observability_month": 0, "judge_price": 0, "test_case_count": 0, "review_share": 0,
        "cost_wrong": 0, "discount_rate": 0, "growth_per_year": 0, "adoption_months": 1, "horizon_months": 12, "model": "mistral:ministral-8b-2512",
        "retry_share": 0,
    }
    priced = fixed(inputs(**plain))
    calls = bill(priced).total("prompt", "run")
    prompt = price(priced, FEW).money["prompt"]

    assert calls is not None
    assert prompt.gain == Figure(*[pytest.approx(12 * 3000 - 3000 - calls)] * 4)
    assert prompt.payback == PaidBack(2, 2, 2, 1)  # after one month 3000 less the calls is not yet 3000


def test_where_the_system_takes_nothing_all_of_todays_work_is_left() -> None:
    made = price(fixed(inputs(adoption=0)), 2).money

    assert (made["rag"].people, made["rag"].wrong) == (made["today"].people, made["today"].wrong)


def test_a_trained_model_on_a_gpu_of_its_own_costs_what_the_bill_with_rented_gpus_says() -> None:
    by_token, by_hour = price(fixed(inputs(tuned_hosting="api")), 2), price(fixed(inputs(tuned_hosting="gpu")), 2)

    assert by_token.own_gpu_call == pytest.approx(by_hour.columns["finetune"].per_call.p50)
    assert by_hour.own_gpu_call is None


@pytest.mark.parametrize("name", ["minutes_per_item", "error_rate_today", "cost_wrong"])
def test_without_todays_figures_the_gain_is_not_known_and_not_zero(name: str) -> None:
    made = price(without(inputs(), name), FEW)

    for column in COLUMNS:
        row = made.money[column]
        assert (row.gain, row.gain_chance, row.payback, row.at_least) == (None, None, None, True)
        assert name in row.missing
    assert made.columns["prompt"].total is not None
    assert made.columns["prompt"].at_least == (name != "minutes_per_item")


@pytest.mark.parametrize("certain", [True, False])
def test_a_payback_lies_where_the_curves_of_the_bill_cross(certain: bool) -> None:
    """At likely values, whatever the draws say; nothing uncertain, both are one."""
    sure = fixed(inputs(cost_wrong=1)) if certain else inputs(cost_wrong=1)
    made = price(sure, FEW)
    found = next(p for p in made.payback if p.column == "rag")

    def apart(months: int) -> float:
        shorter = bill(having(sure, horizon_months=months))
        rag, prompt = shorter.total("rag"), shorter.total("prompt")
        assert rag is not None
        assert prompt is not None
        return rag - prompt

    assert found.likely is not None
    assert (found.likely == found.p50) is certain
    assert found.likely > 1
    assert apart(found.likely) <= 0 < apart(found.likely - 1)


def test_a_training_that_pays_back_after_its_base_model_has_ended_does_not_pay_back_in_time() -> None:
    lasting, ending = (
        next(p for p in price(inputs(tuned_model=model), FEW).payback if p.column == "finetune")
        for model in ("together:qwen3.5-9b", "openai:ft-gpt-4o-mini")
    )

    assert lasting.within_model_life == pytest.approx(lasting.within_horizon, abs=0.1)
    assert (ending.within_model_life or 0) < lasting.within_model_life  # type: ignore[operator]


def test_curves_start_at_the_build_and_end_at_the_total() -> None:
    made = price(inputs(), FEW)

    for pattern in PATTERNS:
        curve = made.columns[pattern].curve
        assert curve is not None
        assert curve.months == (0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36)
        assert curve.bands[-1] == made.columns[pattern].total
        assert curve.bands[0].p50 == pytest.approx(made.columns[pattern].build.p50, rel=1e-6)  # type: ignore[union-attr]
        assert [band.p50 for band in curve.bands] == sorted(band.p50 for band in curve.bands)


def test_a_cheaper_model_half_way_bends_the_curve_and_its_end_is_still_the_total() -> None:
    sure = fixed(inputs(switch_month=19, switch_price_share=0.1, cost_wrong=0, review_share=0, corpus_in_prompt="yes"))
    prompt = price(sure, FEW).columns["prompt"]
    assert prompt.curve is not None
    middles = dict(zip(prompt.curve.months, (band.p50 for band in prompt.curve.bands), strict=True))

    assert middles[18] - middles[15] > 3 * (middles[21] - middles[18])
    assert middles[36] == pytest.approx(bill(sure).total("prompt"))
    assert middles[33] < middles[36]


@pytest.mark.parametrize("horizon", [0, 1, 4])
def test_a_short_horizon_has_a_short_curve(horizon: int) -> None:
    curve = price(inputs(horizon_months=horizon), FEW).columns["rag"].curve

    assert curve is not None
    assert curve.months == {0: (0,), 1: (0, 1), 4: (0, 3, 4)}[horizon]


def test_each_bar_of_the_tornado_is_the_bill_with_that_assumption_at_its_end() -> None:
    found = tornado(inputs(), "rag", "prompt")

    assert found is not None
    assert [bar.swing for bar in found.bars] == sorted((bar.swing for bar in found.bars), reverse=True)
    for bar in found.bars[:12]:
        low, high = (bill(inputs(**{bar.input: end})) for end in (bar.low_value, bar.high_value))
        assert bar.low == pytest.approx((low.total("prompt") or 0) - (low.total("rag") or 0))
        assert bar.high == pytest.approx((high.total("prompt") or 0) - (high.total("rag") or 0))


def test_the_saving_of_a_small_model_is_split_without_rest() -> None:
    split = price(inputs(), 64).saving

    assert split.shorter_prompt + split.smaller_model == pytest.approx(split.per_call, rel=1e-12)
    assert 0 < split.small_untuned < split.per_call


def test_a_pattern_ruled_out_takes_no_part_in_being_cheapest() -> None:
    made = price(inputs(), FEW, among=("prompt", "rag"))

    assert set(made.cheapest) == {"prompt", "rag"}
    assert made.tornado is not None
    assert {made.tornado.better, made.tornado.against} == {"prompt", "rag"}


def test_differences_are_taken_on_the_same_draws() -> None:
    made = price(inputs(build_days_rag=17, build_days_finetune=10), 2**12)

    found = next(d for d in made.differences if (d.left, d.right) == ("prompt", "rag"))
    rows = [made.money[pattern].all_in for pattern in ("prompt", "rag")]
    assert found.likely == pytest.approx(rows[0].likely - rows[1].likely), "as the rows of the table differ"  # type: ignore[union-attr]
    apart = (made.columns["prompt"].total, made.columns["rag"].total)
    assert found.amount.p90 - found.amount.p10 < (apart[0].p90 - apart[0].p10) + (apart[1].p90 - apart[1].p10)  # type: ignore[union-attr]


def test_nothing_is_made_up_when_nobody_has_said_anything() -> None:
    made: CostResult = price(inputs({}), FEW)

    assert made.cheapest == {}
    assert made.tornado is None
    for pattern in PATTERNS:
        cost = made.columns[pattern]
        assert cost.build is not None
        assert (cost.per_call is None) == (pattern in {"finetune", "hybrid"})  # an endpoint's hours are spread over calls that nobody has told
        assert (cost.total, cost.run_per_month, cost.errors_per_month, cost.curve) == (None,) * 4
    assert all(crossing.calls_per_month is None or crossing.calls_per_month > 0 for crossing in made.break_even)


ZERO = [name for name, a in TABLE.items() if a.numeric and not a.above_zero and name != "effective_tokens"]


@pytest.mark.parametrize("name", ZERO)
def test_a_zero_anywhere_is_priced_without_a_warning(name: str) -> None:
    for hosting in ("any_cloud", "own_servers"):
        priced = inputs({**ANSWERS, "hosting": hosting}, **{name: 0})
        made = price(priced, FEW)

        assert facts(priced, 64).build["prompt"].p10 >= 0
        assert all(made.columns[pattern].total is not None for pattern in PATTERNS)


@pytest.mark.soak
def test_the_model_is_as_exact_as_promised() -> None:
    made = benchmark.priced()

    assert len(made.uncertain) >= 30
    assert benchmark.p90_error(made) < 0.005


@pytest.mark.parametrize("draws", [0, 1, 1000, 2**21])
def test_draws_must_be_a_power_of_two_within_bounds(draws: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        price(inputs(), draws)


@given(st.sampled_from(["cost_wrong", "calls_per_month", "hourly_cost"]), st.floats(1.1, 3))
@settings(max_examples=8)
def test_a_wider_range_never_makes_the_result_narrower(name: str, times: float) -> None:
    only = fixed(inputs())
    likely = float(only.likely()[name])

    def spread(width: float) -> float:
        total = price(having(only, **{name: [likely / width, likely, likely * width]}), FEW).columns["rag"].total
        assert total is not None
        return total.p90 - total.p10

    assert spread(1.2 * times) >= spread(1.2)
