"""What single things cost: a call, a cached series, an index, a training run, a GPU, a stream of money.

Every function takes numbers or NumPy arrays that broadcast, and names its units. Prices of tokens are per 1M tokens.
Money has whatever currency the prices have. The cost model is built from these functions and from nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisorkit.values.prices import TokenPrices

Number = float | NDArray[np.float64]
MILLION = 1_000_000
GB = 1e9


def prices_at(prices: TokenPrices, prompt_tokens: Number) -> tuple[Any, Any, Any, Any]:
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


def call(
    prices: TokenPrices, *, input_tokens: Number = 0, output_tokens: Number = 0, cache_read_tokens: Number = 0,
    cache_write_tokens: Number = 0, reasoning_tokens: Number = 0,
) -> Any:
    """Cost of one call.

    Args:
        prices: Prices for 1M tokens.
        input_tokens: Fresh input tokens, without those read from or written to a cache.
        output_tokens: Output tokens that somebody reads.
        cache_read_tokens: Input tokens read from the cache.
        cache_write_tokens: Input tokens written to the cache.
        reasoning_tokens: Hidden tokens, billed as output.

    Example:
        >>> round(call(TokenPrices(3, 15, 0.3, 3.75), input_tokens=1000, output_tokens=500), 6)
        0.0105
    """
    fresh, out, read, write = prices_at(prices, input_tokens + cache_read_tokens + cache_write_tokens)
    spent = fresh * input_tokens + read * cache_read_tokens + write * cache_write_tokens
    written = output_tokens + reasoning_tokens
    return (spent + (out * written if np.any(written) else 0.0)) / MILLION


def cached_series(prices: TokenPrices, *, tokens: float, calls: float, writes: float = 1) -> Any:
    """Cost of `calls` calls that share a prefix of `tokens`: `writes` of them write the cache, the others read it.

    Example:
        >>> round(cached_series(TokenPrices(15, 75, 1.5, 30), tokens=15_000, calls=10), 4)
        0.6525
    """
    writing = call(prices, cache_write_tokens=tokens)
    return writes * writing + (calls - writes) * call(prices, cache_read_tokens=tokens)


def cache_plan(calls_per_minute: Number, minutes: float | None, read_ratio: Any, write_ratio: Any) -> tuple[Any, Any, Any]:
    """How often a call pays a shared prefix fresh, from the cache, and into the cache: the cheapest of three ways.

    Calls arrive at random; a cache entry lapses `minutes` after its last use. The three ways are not to cache, to write
    again after every lapse (hit rate ``1 − exp(−calls_per_minute · minutes)``), and to keep the entry warm by a read
    just before it lapses (``1 / hit rate`` reads a call). Reading costs `read_ratio`, writing `write_ratio` of a fresh read.

    Returns:
        Fresh, read and written prefixes for each call.

    Example:
        >>> [[float(share) for share in cache_plan(often, 5, 0.1, 1.25)] for often in (0.0, 100.0)]
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    if minutes is None:
        return 1.0, 0.0, 0.0
    hit = -np.expm1(-np.maximum(np.nan_to_num(calls_per_minute), 0) * minutes)
    reads_when_warm = 1 / np.maximum(hit, 1e-300)
    lapsing, warm = hit * read_ratio + (1 - hit) * write_ratio, read_ratio * reads_when_warm
    keep = (warm < 1) & (warm <= lapsing)
    if np.all(keep):
        return 0.0, reads_when_warm, 0.0
    lapse = ~keep & (lapsing < 1)
    return (~keep & ~lapse) * 1.0, keep * reads_when_warm + lapse * hit, lapse * (1 - hit)


def blend(standard: Any, batch: Any, batch_share: Number) -> Any:
    """Average of two prices when `batch_share` (0 to 1) of the calls go in batches.

    Example:
        >>> blend(10.0, 5.0, 0.4)
        8.0
    """
    return standard + (batch - standard) * batch_share


def conversation_tokens(turns: int, *, fixed_tokens: float, user_tokens: float, answer_tokens: float) -> float:
    """Input tokens of a whole conversation whose history is sent again with every turn.

    Example:
        >>> conversation_tokens(6, fixed_tokens=500, user_tokens=150, answer_tokens=200)
        9150
    """
    return turns * (fixed_tokens + user_tokens) + turns * (turns - 1) // 2 * (user_tokens + answer_tokens)


def search_call(
    *, embedding_price: Number, query_tokens: Number, rerank_price: Number = 0, read_price: Number = 0, reads: Number = 0
) -> Any:
    """Cost of looking something up once, the model's call not included.

    Args:
        embedding_price: For 1M tokens.
        query_tokens: Tokens of the query.
        rerank_price: For 1000 searches.
        read_price: For 1M read units.
        reads: Read units of one query.
    """
    return embedding_price * query_tokens / MILLION + rerank_price / 1000 + read_price * reads / MILLION


def embedding(tokens: Number, price: Number) -> Any:
    """Cost of turning `tokens` into search keys at `price` for 1M tokens.

    Example:
        >>> embedding(1e9, 0.02)
        20.0
    """
    return tokens * price / MILLION


def tokens_of_words(words: float, words_per_token: float = 0.75) -> float:
    """Tokens of so many English words.

    Example:
        >>> round(tokens_of_words(500))
        667
    """
    return words / words_per_token


def index_gb(passages: Number, dimensions: Number, metadata_bytes: Number) -> Any:
    """Size of a search index in GB (10^9 bytes): four bytes a number, and what is kept beside each key.

    Example:
        >>> index_gb(500_000, 768, 500)
        1.786
    """
    return passages * (4 * dimensions + metadata_bytes) / GB


def hnsw_gb(vectors: float, dimensions: float, *, bytes_per_number: float = 4, graph_factor: float = 1.5) -> float:
    """Memory of an in-memory index in binary GB (2^30 bytes), its graph included.

    Example:
        >>> round(hnsw_gb(10_000_000, 1536), 1)
        85.8
    """
    return vectors * dimensions * bytes_per_number * graph_factor / 2**30


def read_units(gb: Number) -> Any:
    """Read units of one query: one for each GB searched, at least 0.25.

    Example:
        >>> float(read_units(0.1)), float(read_units(2.0))
        (0.25, 2.0)
    """
    return np.maximum(gb, 0.25)


def minimum_charge(usage: Number, minimum: Number) -> Any:
    """A month's bill that never falls below `minimum`.

    Example:
        >>> float(minimum_charge(12.0, 50.0))
        50.0
    """
    return np.maximum(usage, minimum)


def training_tokens(*, context: int, batch: int, steps: int, validation_tokens: float = 0, validations: int = 0) -> float:
    """Tokens billed for a training job: every step reads a full batch, every validation reads its set.

    Example:
        >>> training_tokens(context=8192, batch=8, steps=1000, validation_tokens=1e6, validations=10)
        75536000.0
    """
    return context * batch * steps + validation_tokens * validations


def training(tokens: Number, price: Number, *, passes: Number = 1, runs: Number = 1) -> Any:
    """Cost of training on `tokens`, read `passes` times in each of `runs` runs, at `price` for 1M training tokens.

    Example:
        >>> training(100_000, 3.0, passes=3)
        0.9
    """
    return tokens * passes * runs * price / MILLION


def training_by_hour(hours: Number, price_per_hour: Number, *, grading: Number = 0, cap: Number = np.inf) -> Any:
    """Cost of a training job billed by the hour, up to a cap for one job, with the cost of grading beside it.

    Example:
        >>> float(training_by_hour(4, 100.0, grading=60.0)), float(training_by_hour(80, 100.0, cap=5000.0))
        (460.0, 5000.0)
    """
    return np.minimum(hours * price_per_hour + grading, cap)


def people(items: Number, minutes: Number, hourly_cost: Number) -> Any:
    """Cost of people who spend so many minutes on each of so many items.

    Example:
        >>> people(1000, 6, 40.0)
        4000.0
    """
    return items * minutes / 60 * hourly_cost


def gpu_capacity(tokens_per_second: Number, *, utilisation: Number = 1, hours: Number = 730) -> Any:
    """Output tokens that one copy of a model writes in a month.

    Args:
        tokens_per_second: While it is busy.
        utilisation: Share of the time in which it is busy, 0 to 1.
        hours: Hours of the month in which it is paid.

    Example:
        >>> gpu_capacity(400, utilisation=0.1)
        105120000.0
    """
    return tokens_per_second * utilisation * hours * 3600


def gpu_count(tokens: Number, capacity: Number, *, per_copy: Number = 1) -> Any:
    """Whole GPUs for a month's output tokens, rounded up in steps of the GPUs that hold the model once.

    Args:
        tokens: Output tokens of the month, input counted by its weight.
        capacity: Output tokens that one copy of the model writes in a month (`gpu_capacity`).
        per_copy: GPUs that hold the model once.

    Example:
        >>> float(gpu_count(300_000_000, 105_120_000))
        3.0
    """
    return per_copy * np.ceil(np.maximum(tokens / capacity, 1))


def gpu_month(price_per_hour: Number, *, hours: Number = 730, gpus: Number = 1, overhead: Number = 0) -> Any:
    """Rent of `gpus` GPUs for a month, with `overhead` as a share on top.

    Example:
        >>> round(gpu_month(1.19, hours=729.6, overhead=0.15), 2)
        998.46
    """
    return price_per_hour * hours * gpus * (1 + overhead)


def gpu_per_million_tokens(price_per_hour: Number, tokens_per_second: Number) -> Any:
    """Cost of 1M output tokens on a rented GPU that is always busy.

    Example:
        >>> round(gpu_per_million_tokens(2.5, 700), 2)
        0.99
    """
    return price_per_hour / 3600 / tokens_per_second * MILLION


def volume(amount: float, *, days: float = 1) -> float:
    """A daily amount over `days` days.

    Example:
        >>> volume(1000, days=30)
        30000
    """
    return amount * days


def ramp(month: Number, months: Number) -> Any:
    """Share in use in the `month`-th month (from 1) when use rises in equal monthly steps over `months` months.

    Example:
        >>> float(ramp(3, 9)), float(ramp(12, 9))
        (0.3333333333333333, 1.0)
    """
    return np.minimum(month / np.maximum(months, 1), 1.0)


def present_value(amounts: NDArray[np.float64], yearly_rate: float, *, periods_per_year: int = 12) -> float:
    """Value today of amounts due at the end of each period, the first one period from now.

    Example:
        >>> round(present_value(np.array([0.0] * 11 + [110.0]), 0.10), 6)
        100.0
    """
    if yearly_rate <= -1:
        raise ValueError("the discount rate must be above -1")
    periods = np.arange(1, len(amounts) + 1)
    return float(np.sum(amounts * (1 + yearly_rate) ** (-periods / periods_per_year)))


def break_even_calls(*, upfront_a: float, upfront_b: float, per_call_a: float, per_call_b: float, monthly_a: float = 0,
                     monthly_b: float = 0, months: float = 1) -> float | None:
    """Calls a month at which A and B cost the same over `months`; None when one is cheaper at every volume.

    With prices for one token in place of one call the answer is in tokens a month.

    Example:
        >>> break_even_calls(upfront_a=0, upfront_b=41_400, per_call_a=0.012, per_call_b=0.0005, months=36)
        100000.0
    """
    fixed = (upfront_b - upfront_a) / months + monthly_b - monthly_a
    saved = per_call_a - per_call_b
    calls = fixed / saved if saved else -1.0
    return calls if 0 < calls < np.inf else None


def break_even_accuracy(*, value_right: float, cost_wrong: float, fixed_cost: float = 0, cases: float = 1) -> float:
    """Share of right answers at which a system earns nothing and loses nothing: ``(L + F/N) / (L + G)``.

    Example:
        >>> round(break_even_accuracy(value_right=20, cost_wrong=88), 3)
        0.815
    """
    return (cost_wrong + fixed_cost / cases) / (cost_wrong + value_right)
