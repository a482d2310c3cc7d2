"""Tokens: what one call of each pattern takes, by how it is paid for and at which prices, and how text falls into tokens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from advisorkit.costs.assumption import Values
from advisorkit.costs.inputs import Inputs
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.prices import LEAST_PRICE, TokenPrices

Prices = tuple[Any, Any, Any, Any]
Plan = tuple[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """Tokens of one call, by how they are paid for, and their prices for 1M tokens.

    Example:
        1,000 tokens in and 500 out at 3 and 15 dollars for 1M tokens:

        >>> prices = prices_at(TokenPrices(3, 15, 0.3, 3.75), 1000)
        >>> round(Request(prices, fresh_tokens=1000, written_tokens=500).cost, 6)
        0.0105
    """

    prices: Prices
    """Input, output, cache-read and cache-write price for 1M tokens at this length."""
    fresh_tokens: Any = 0.0
    """Input tokens paid in full."""
    cache_read_tokens: Any = 0.0
    """Input tokens read from the cache."""
    cache_write_tokens: Any = 0.0
    """Input tokens written to the cache."""
    written_tokens: Any = 0.0
    """Output tokens, hidden reasoning included."""
    prefix_tokens: Any = 0.0
    """Tokens that are the same in every call and can be cached."""
    query_tokens: Any = 0.0
    """Tokens turned into a search key; 0 without search."""
    embedding_price: float = 0.0
    """Price for 1M tokens turned into search keys."""
    example_tokens: Any = 0.0
    """Tokens of one worked example."""
    model: str = "model"
    """Assumption that names the model: ``model`` or ``tuned_model``."""
    on_gpu: bool = False
    """Whether whole GPUs are rented, so that tokens cost nothing by themselves."""

    @property
    def read_tokens(self) -> Any:
        """All input tokens, however they are paid."""
        return self.fresh_tokens + self.cache_read_tokens + self.cache_write_tokens

    def tokens_and_prices(self) -> Iterator[tuple[str, Any, Any]]:
        """Id of the component, tokens of one call, price for 1M tokens."""
        fresh, out, read, write = self.prices
        yield "model_input", self.fresh_tokens, fresh
        if np.any(self.cache_read_tokens):
            yield "model_cache_read", self.cache_read_tokens, read
        if np.any(self.cache_write_tokens):
            yield "model_cache_write", self.cache_write_tokens, write
        yield "model_output", self.written_tokens, out

    @property
    def cost(self) -> Any:
        """Tokens of one call in money, search not included; 0 on rented GPUs."""
        if self.on_gpu:
            return np.float64(0.0)
        return sum(tokens * price for _, tokens, price in self.tokens_and_prices()) / 1e6


def requests(inputs: Inputs, values: Values, corpus: Any = None) -> dict[PatternId, Request]:
    """The request of each pattern under `values`; `corpus` as in `request`."""
    hit = cache(partial(_hit, values))
    return {pattern: request(inputs, values, pattern, corpus=corpus, hit=hit) for pattern in PATTERNS}


def request(
    inputs: Inputs, values: Values, pattern: PatternId, *, model: str | None = None, prefix: Any = None,
    corpus: Any = None, by_token: bool = False, hit: Callable[[float], Any] | None = None,
) -> Request:
    """One call of `pattern`.

    Args:
        inputs: Words and prices.
        values: Numbers or draws, completed.
        pattern: Which pattern.
        model: Another model's assumption than the pattern's own, to see what a smaller model alone would cost.
        prefix: Another length of the standing prompt, to see what a shorter prompt alone would save.
        corpus: Whether the standing prompt carries all reference text, once or by draw; by default as `Inputs.carries_corpus` says.
        by_token: Whether tokens are paid for even where GPUs are rented.
        hit: Share of calls that find a cache entry which lapses after so many minutes, where it is worked out already.
    """
    v = values
    search, trained = pattern in {"rag", "hybrid"}, pattern in {"finetune", "hybrid"}
    name = model or ("tuned_model" if trained else "model")
    example = v["example_tokens"]
    if prefix is None:
        standing = v["instruction_tokens"] + v["prompt_examples"] * example
        prefix = v["tuned_instruction_tokens"] if trained else standing
        carried = inputs.carries_corpus() if corpus is None else corpus
        if pattern == "prompt" and np.any(carried):
            prefix = prefix + v["corpus_tokens"] * carried
    looked_up = v["retrieved_passages"] * v["passage_tokens"] if search else 0.0
    own = v["input_tokens"] + looked_up + _history(v)
    prices = _prices(inputs, v, name, prefix + own)
    on_gpu = not by_token and inputs.word("tuned_hosting" if name == "tuned_model" else "model_hosting") != "api"
    fresh, read, written, write = (1.0, 0.0, 0.0, prices[3]) if on_gpu else _prefix_paid(inputs, hit or partial(_hit, v), name, prices, prefix)
    prices = (*prices[:3], write)
    thinking = v["reasoning_tokens"] if inputs.model(name).reasons else 0.0
    return Request(
        prices, prefix * fresh + own, prefix * read, prefix * written, v["output_tokens"] + thinking, prefix,
        v["input_tokens"] if search else 0.0, inputs.tokens("embedding_model").input, example, name, on_gpu,
    )


def _history(v: Values) -> Any:
    """Earlier calls of the same item that are sent again, on average over its calls.

    Example:
        >>> six_turns = {"calls_per_item": 6, "input_tokens": 150, "output_tokens": 200, "tool_result_tokens": 0, "history_share": 1}
        >>> float(6 * (500 + 150 + _history(six_turns)))
        9150.0
    """
    earlier = (v["calls_per_item"] - 1) / 2
    if not np.any(earlier > 0):
        return 0.0
    return np.maximum(earlier, 0) * v["history_share"] * (v["input_tokens"] + v["output_tokens"] + v["tool_result_tokens"])


def _prices(inputs: Inputs, v: Values, name: str, prompt_tokens: Any) -> Prices:
    found = prices_at(inputs.tokens(name), prompt_tokens)
    share = v["tuned_batch_share" if name == "tuned_model" else "batch_share"]
    if np.any(share):
        batch = prices_at(inputs.tokens(name, batch=True), prompt_tokens)
        found = tuple(a + (b - a) * share for a, b in zip(found, batch, strict=True))
    if name == "model":
        return tuple(price * (1 + v["region_uplift"]) for price in found) if np.any(v["region_uplift"]) else found
    return tuple(price * v["tuned_markup"] for price in found) if inputs.model(name).kind != "tuned" else found


def _prefix_paid(inputs: Inputs, hit: Callable[[float], Any], name: str, prices: Prices, prefix: Any) -> Plan:
    """How often a call pays the standing prompt fresh, from the cache and into it, and the price of writing it there."""
    (fresh, _, read, write), model = prices, inputs.model(name)
    least = model.cache_from or 0
    if model.cache_minutes is None or not np.any(fresh) or np.all(prefix < least):
        return 1.0, 0.0, 0.0, write
    paid = np.maximum(fresh, LEAST_PRICE)
    plan = (*cache_plan(hit(model.cache_minutes), read / paid, write / paid), write)
    hour = inputs.tokens(name).hour_write
    if not np.isnan(hour):
        plan = _cheaper(plan, (*cache_plan(hit(60), read / paid, hour), hour * fresh), read)
    if np.all(prefix >= least):
        return plan
    kept = prefix >= least
    return np.where(kept, plan[0], 1.0), kept * plan[1], kept * plan[2], plan[3]


def _cheaper(one: Plan, other: Plan, read: Any) -> Plan:
    """Of two plans (fresh, read, written, price of writing) the one that costs less, draw by draw."""
    spared = [plan[1] * read + plan[2] * plan[3] for plan in (one, other)]
    better = (other[0] < one[0]) | ((other[0] == one[0]) & (spared[1] < spared[0]))
    if np.all(better):
        return other
    first, second, third, fourth = (np.where(better, b, a) for a, b in zip(one, other, strict=True)) if np.any(better) else one
    return first, second, third, fourth


def prices_at(prices: TokenPrices, prompt_tokens: Any) -> Prices:
    """Input, output, cache-read and cache-write price for 1M tokens of a request with `prompt_tokens` of input.

    Above a tier's bound its prices hold for every token of the request.

    Example:
        >>> long = TokenPrices(3, 15, 0.3, 3.75, tiers=((200_000, 6, 22.5, 0.6, 7.5),))
        >>> prices_at(long, 200_000)[0], prices_at(long, 200_001)[0]
        (3, 6)
    """
    found: tuple[Any, ...] = (prices.input, prices.output, prices.cache_read, prices.cache_write)
    for above, *higher in prices.tiers:
        if np.ndim(prompt_tokens):
            found = tuple(np.where(prompt_tokens > above, new, old) for new, old in zip(higher, found, strict=True))
        elif prompt_tokens > above:
            found = tuple(higher)
    return found


def _hit(v: Values, minutes: float) -> Any:
    return hit_rate(v["calls_per_month"] * v["calls_per_item"] * v["adoption"] * (1 + v["retry_share"]) / (v["active_hours"] * 60), minutes)


def hit_rate(calls_per_minute: Any, minutes: float) -> Any:
    """Share of calls that find a cache entry: calls arrive at random, and an entry lapses `minutes` after its last use."""
    return -np.expm1(-np.fmax(calls_per_minute, 0) * minutes)


def cache_plan(hit: Any, read_ratio: Any, write_ratio: Any) -> tuple[Any, Any, Any]:
    """How often a call pays a shared prefix fresh, from the cache, and into the cache: the cheaper of two ways.

    The two ways are not to cache, and to write again after every lapse, so that a share `hit` of calls is read from the cache. Reading costs
    `read_ratio`, writing `write_ratio` of a fresh read.

    Returns:
        Fresh, read and written prefixes for each call.

    Example:
        >>> [[float(share) for share in cache_plan(hit_rate(often, 5), 0.1, 1.25)] for often in (0.0, 100.0)]
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    lapse = hit * read_ratio + (1 - hit) * write_ratio < 1
    if np.all(lapse):
        return 0.0, hit, 1 - hit
    return ~lapse * 1.0, lapse * hit, lapse * (1 - hit)
