"""Worked examples that others published, through the functions the model is built from."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisorkit.costs import unit_costs as uc
from advisorkit.values.prices import TokenPrices

EXAMPLES = {
    row["id"]: row for row in map(json.loads, (Path(__file__).parent / "data" / "worked_examples.jsonl").read_text().splitlines())
}
Inputs = dict[str, Any]


def token_prices(i: Inputs) -> TokenPrices:
    fresh = i.get("p_in", 0.0)
    read = i.get("p_cache_read", fresh * i.get("read_mult", 1.0))
    return TokenPrices(fresh, i.get("p_out", 0.0), read, fresh * i.get("write_mult", 1.0))


def one_call(i: Inputs) -> float:
    if "cost_per_call" in i:
        return float(i["cost_per_call"])
    fresh = i.get("tok_in", i.get("tok_in_uncached", i.get("tok_context", 0))) + i.get("tok_system", 0)
    read, out = i.get("tok_cache_read", 0), i.get("tok_out", 0)
    return float(uc.call(token_prices(i), input_tokens=fresh, cache_read_tokens=read, output_tokens=out)) + i.get("out_cost", 0.0)


def calls(i: Inputs) -> float:
    a_day = i.get("calls_per_day", i.get("queries_per_day"))
    return uc.volume(a_day, days=i.get("days", 1)) if a_day else i.get("calls", i.get("conversations", 1))


def many_calls(i: Inputs) -> float:
    if "base_of" in i:
        return worked(i["base_of"]) * (1 + i.get("safety_margin", 0)) * i.get("days", 1)
    return one_call(i) * calls(i)


def batch_saving(i: Inputs) -> float:
    base = EXAMPLES[i["base_of"]]["inputs"]
    standard = one_call({**base, "tok_out": 0})
    return (standard - uc.blend(standard, standard * (1 - i["batch_discount_input"]), 1.0)) * calls(base)


def cached_series(i: Inputs) -> float:
    if "calls" not in i and "calls_per_day" not in i:
        return one_call(i)
    return float(uc.cached_series(token_prices(i), tokens=i.get("tok", i.get("tok_system")), calls=calls(i), writes=i.get("writes", 1)))


def embedded(i: Inputs) -> float:
    tokens = i.get("tokens", i.get("docs", 1) * i.get("tok_doc", i.get("words", 0) * i.get("tok_per_word", 0)))
    return float(uc.embedding(i.get("queries", 0) * i.get("tok_query", 0) or tokens, i["p"]))


def rag_call(i: Inputs) -> float:
    if "chunks" not in i:
        return one_call(i)
    price = i["p_llm_per_1k"] * 1000
    prompt = i["chunks"] * i["tok_chunk"]
    search = uc.search_call(embedding_price=i["p_embed_per_1k"] * 1000, query_tokens=prompt)
    return float(uc.call(TokenPrices(price, price, price, price), input_tokens=prompt, output_tokens=i["tok_out"]) + search)


def rag_cached_call(i: Inputs) -> float:
    price = i["p_llm_per_1k"] * 1000
    model = uc.call(TokenPrices(price, price, price, price), input_tokens=i["chunks"] * i["tok_chunk"], output_tokens=i["tok_out"])
    whole = model + uc.search_call(embedding_price=0, query_tokens=0, rerank_price=i["rerank"] * 1000) + i["vector"]
    return float(whole * (1 - i["cache_hit"]))


def net_present_value(i: Inputs) -> float:
    in_use = [np.mean([uc.ramp(12 * year + month, i["ramp_months"]) for month in range(1, 13)]) for year in range(i["years"])]
    years = np.array([share * i["annual_value_k"] - i["run_cost_k"] for share in in_use])
    return (uc.present_value(years, i["disc"], periods_per_year=1) - i["invest_k"]) / 1000


WORK: dict[str, Callable[[Inputs], Any]] = {
    "api_call": one_call, "api_day": many_calls, "api_month": many_calls, "api_series": many_calls, "rag_day": many_calls,
    "batch_saving_day": batch_saving,
    "cache_call": one_call, "cache_day": cached_series, "cache_series": cached_series,
    "cache_batch_call": lambda i: uc.blend(i["per_call"], i["per_call"] * (1 - i["batch_discount"]), i["batch_share"]),
    "embed_once": embedded, "embed_month": embedded,
    "ft_train": lambda i: uc.training(i["tok_train"], i["p"], passes=i["epochs"]),
    "ft_tokens": lambda i: uc.training_tokens(
        context=i["context"], batch=i["batch"], steps=i["steps"], validation_tokens=i["tok_val"], validations=i["n_evals"]),
    "ft_hosting_month": lambda i: uc.gpu_month(i["host_hour"], hours=i["hours"]) + one_call(i),
    "ft_gpu": lambda i: uc.training_by_hour(i["hours"], i["usd_hour"]),
    "gpu_per_mtok": lambda i: uc.gpu_per_million_tokens(i["usd_hour"], i["tok_s"]),
    "gpu_month": lambda i: uc.gpu_month(i["usd_hour"], hours=i["hours"], overhead=i.get("overhead", 0)),
    "provisioned": lambda i: uc.gpu_month(i["usd_hour"], hours=i["hours"], gpus=i["units"]),
    "rag_call": rag_call, "rag_cache_call": rag_cached_call,
    "rag_month": lambda i: (i["llm"] + i["embed"] + uc.search_call(embedding_price=0, query_tokens=0, rerank_price=i["rerank"] * 1000)) * i["queries"],
    "words_to_tokens": lambda i: uc.tokens_of_words(i["words"], i["words_per_token"]),
    "minimum_charge": lambda i: uc.minimum_charge(i["usage"], i["minimum"]),
    "namespace_size": lambda i: uc.read_units(uc.index_gb(i["records"], i["dim"], i["metadata_bytes"])),
    "hnsw_size": lambda i: uc.hnsw_gb(i["vectors"], i["dim"], bytes_per_number=i["bytes"], graph_factor=i["graph_factor"]),
    "npv": net_present_value,
}


def worked(id: str) -> float:
    return float(WORK[EXAMPLES[id]["kind"]](EXAMPLES[id]["inputs"]))


@pytest.mark.parametrize("id", EXAMPLES)
def test_a_published_example_comes_out_within_its_tolerance_and_a_faulty_one_does_not(id: str) -> None:
    published, tolerance = EXAMPLES[id]["published_result"], EXAMPLES[id]["tolerance"]

    off = abs(worked(id) - published) / published

    assert (off <= tolerance) == (EXAMPLES[id]["use"] == "positive"), f"{id}: {worked(id)} against {published}"


def test_the_examples_hold_both_right_and_faulty_ones() -> None:
    uses = [row["use"] for row in EXAMPLES.values()]

    assert (uses.count("positive"), uses.count("negative")) == (46, 2)


def test_a_cache_price_left_out_is_that_of_fresh_input() -> None:
    assert TokenPrices(0.15, 0.6) == TokenPrices(0.15, 0.6, 0.15, 0.15)
    assert TokenPrices(0.15, 0.6, cache_read=0.0).cache_read == 0.0
    assert TokenPrices(0.15, 0.6).times(2) == TokenPrices(0.3, 1.2)


LONG = TokenPrices(3, 15, 0.3, 3.75, tiers=((200_000, 6, 22.5, 0.6, 7.5),))


@pytest.mark.parametrize(("tokens", "price"), [(199_999, 3), (200_000, 3), (200_001, 6)])
def test_a_long_prompt_pays_the_higher_price_for_every_token(tokens: int, price: float) -> None:
    assert uc.call(LONG, input_tokens=tokens) == pytest.approx(tokens * price / 1e6, rel=1e-12)
    assert uc.call(LONG, input_tokens=tokens - 1000, cache_read_tokens=1000) == pytest.approx(
        ((tokens - 1000) * price + 1000 * price / 10) / 1e6, rel=1e-12)


def test_draws_on_both_sides_of_a_tier_pay_their_own_prices() -> None:
    fresh, *_ = uc.prices_at(LONG, np.array([200_000, 200_001]))

    assert fresh.tolist() == [3, 6]


often = st.floats(1e-6, 1e3)
ratio = st.floats(0.01, 0.99)


@given(often, st.floats(1.0, 1.2), ratio, st.floats(1.0, 2.0))
def test_more_calls_never_make_a_cached_prefix_cheaper_in_total_nor_dearer_by_the_call(
    calls_a_minute: float, more: float, read: float, write: float
) -> None:
    def by_call(rate: float) -> float:
        fresh, from_cache, into_cache = uc.cache_plan(rate, 5, read, write)
        return float(fresh + from_cache * read + into_cache * write)

    few, many = by_call(calls_a_minute), by_call(calls_a_minute * more)

    assert many <= few * (1 + 1e-9)
    assert many * calls_a_minute * more >= few * calls_a_minute * (1 - 1e-9)


def test_a_rarely_used_prompt_is_not_cached_and_a_busy_one_is_read_from_the_cache() -> None:
    once_in_ten_minutes, hit = 0.1, 1 - math.exp(-0.1 * 5)

    assert 1 - hit == pytest.approx(0.61, abs=0.01)  # the published 39 % hits
    assert uc.cache_plan(0.001, 5, 0.1, 1.25) == (1.0, 0.0, 0.0)
    assert uc.cache_plan(once_in_ten_minutes, 5, 0.1, 1.25) == pytest.approx((0.0, 1 / hit, 0.0))


def test_gpus_are_rounded_up_to_whole_copies_of_the_model() -> None:
    a_month = uc.gpu_capacity(400, utilisation=0.1, hours=730)

    assert uc.gpu_count(a_month * 2, a_month) == 2
    assert uc.gpu_count(a_month * 2 + 1, a_month, per_copy=4) == 12
    assert uc.gpu_count(0, a_month) == 1


by_the_call = st.just(0.0) | st.floats(1e-9, 10)
upfront = st.just(0.0) | st.floats(0.01, 1e5)


@given(upfront, upfront, by_the_call, by_the_call)
def test_at_break_even_both_cost_the_same(upfront_a: float, upfront_b: float, a: float, b: float) -> None:
    calls_a_month = uc.break_even_calls(upfront_a=upfront_a, upfront_b=upfront_b, per_call_a=a, per_call_b=b, months=36)

    if calls_a_month is not None:
        assert upfront_a + 36 * calls_a_month * a == pytest.approx(upfront_b + 36 * calls_a_month * b, rel=1e-6)
    else:
        assert (upfront_b - upfront_a) * (a - b) <= 0


def test_the_published_break_even_accuracies_come_out() -> None:
    assert uc.break_even_accuracy(value_right=20, cost_wrong=88) == pytest.approx(0.815, abs=5e-4)
    assert uc.break_even_accuracy(value_right=20, cost_wrong=88, fixed_cost=30_000, cases=12_000) == pytest.approx(0.838, abs=5e-4)


def test_a_history_sent_again_with_every_turn_grows_as_its_square() -> None:
    assert uc.conversation_tokens(6, fixed_tokens=500, user_tokens=150, answer_tokens=200) == 6 * 650 + 350 * (0 + 1 + 2 + 3 + 4 + 5)


def test_a_discount_rate_of_minus_one_is_refused() -> None:
    with pytest.raises(ValueError, match="above -1"):
        uc.present_value(np.ones(3), -1.0)
