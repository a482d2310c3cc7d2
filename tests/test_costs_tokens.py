"""Tokens: what a call costs by length and cache, what a conversation sends again, how text falls into tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from priced import inputs

from advisorkit.catalog.reading import text_classes
from advisorkit.costs.assumption import completed
from advisorkit.costs.tokens import Request, cache_plan, hit_rate, prices_at, request
from advisorkit.values.messages import UsageError
from advisorkit.values.prices import TokenPrices
from advisorkit.values.quantities import Estimate

CLASSES = text_classes()


def test_a_cache_price_left_out_is_that_of_fresh_input() -> None:
    assert str(TokenPrices(0.15, 0.6)) == str(TokenPrices(0.15, 0.6, 0.15, 0.15))  # a price that is not known equals none
    assert TokenPrices(0.15, 0.6, cache_read=0.0).cache_read == 0.0
    assert str(TokenPrices(0.15, 0.6).times(2)) == str(TokenPrices(0.3, 1.2))


LONG = TokenPrices(3, 15, 0.3, 3.75, tiers=((200_000, 6, 22.5, 0.6, 7.5),))


@pytest.mark.parametrize(("tokens", "price"), [(199_999, 3), (200_000, 3), (200_001, 6)])
def test_a_long_prompt_pays_the_higher_price_for_every_token(tokens: int, price: float) -> None:
    at = prices_at(LONG, tokens)

    assert Request(at, fresh_tokens=tokens).cost == pytest.approx(tokens * price / 1e6, rel=1e-12)
    assert Request(at, fresh_tokens=tokens - 1000, cache_read_tokens=1000).cost == pytest.approx(
        ((tokens - 1000) * price + 1000 * price / 10) / 1e6, rel=1e-12)


def test_draws_on_both_sides_of_a_tier_pay_their_own_prices() -> None:
    fresh, *_ = prices_at(LONG, np.array([200_000, 200_001]))

    assert fresh.tolist() == [3, 6]


often = st.floats(1e-6, 1e3)
ratio = st.floats(0.01, 0.99)


@given(often, st.floats(1.0, 1.2), ratio, st.floats(1.0, 2.0))
def test_more_calls_never_make_a_cached_prefix_dearer_by_the_call_nor_dearer_than_a_fresh_one(
    calls_a_minute: float, more: float, read: float, write: float
) -> None:
    """The total may fall with more calls: those that come often keep the entry alive and spare writes of it."""
    def by_call(rate: float) -> float:
        fresh, from_cache, into_cache = cache_plan(hit_rate(rate, 5), read, write)
        return float(fresh + from_cache * read + into_cache * write)

    few, many = by_call(calls_a_minute), by_call(calls_a_minute * more)

    assert many <= few * (1 + 1e-9)
    assert many <= 1


def test_a_rarely_used_prompt_is_not_cached_and_a_busy_one_is_read_from_the_cache() -> None:
    once_in_ten_minutes, hit = 0.1, 1 - math.exp(-0.1 * 5)

    assert 1 - hit == pytest.approx(0.61, abs=0.01)  # the published 39 % hits
    assert cache_plan(hit_rate(0.001, 5), 0.1, 1.25) == (1.0, 0.0, 0.0)
    assert cache_plan(hit_rate(once_in_ten_minutes, 5), 0.1, 1.25) == pytest.approx((0.0, hit, 1 - hit))  # nobody pings it to keep it warm


def test_a_history_sent_again_with_every_turn_grows_as_its_square() -> None:
    turns = {"calls_per_item": 6, "instruction_tokens": 500, "prompt_examples": 0, "input_tokens": 150, "output_tokens": 200}

    def read(**told: float) -> float:
        priced = inputs(**turns, **told)
        return float(6 * request(priced, completed(priced.likely()), "prompt").read_tokens)

    assert read() == 6 * 650 + 350 * (0 + 1 + 2 + 3 + 4 + 5)  # the published 9,150
    assert read(tool_result_tokens=1000) == 6 * 650 + 1350 * 15
    assert read(history_share=0) == 6 * 650


def test_pages_and_words_come_out_as_published() -> None:
    prose = CLASSES["prose"]

    assert prose.of_pages(Estimate.of(1)) == Estimate(350, 600, 1000)
    assert 400 * 500 * 0.9 < prose.of_pages(Estimate.of(400)).likely < 260_000  # "200k is about 500 pages"
    assert prose.of_words(500).likely == pytest.approx(670, rel=0.01)


def test_languages_take_more_characters_or_more_tokens_than_english() -> None:
    english = CLASSES["prose"].of_characters(10_000).likely

    assert all(CLASSES[id].of_characters(10_000).likely > english for id in ("de", "fr", "pl", "ja", "zh"))


def test_every_class_of_text_says_where_it_was_measured() -> None:
    assert all(text_class.source and text_class.characters_per_token > 1 for text_class in CLASSES.values())


def test_a_class_without_pages_or_words_asks_for_characters() -> None:
    with pytest.raises(UsageError, match="'json' is not counted in pages; give characters"):
        CLASSES["json"].of_pages(Estimate.of(3))
    with pytest.raises(UsageError, match="'ja' is not counted in words; give characters"):
        CLASSES["ja"].of_words(3)
    with pytest.raises(ValueError, match="fewer than 0"):
        CLASSES["prose"].of_characters(-1)
