"""What one call of each pattern takes: tokens by how they are paid for, and the prices that hold at that length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisorkit.costs import unit_costs
from advisorkit.costs.inputs import Inputs
from advisorkit.values.patterns import PATTERNS, PatternId

Values = Mapping[str, Any]
Prices = tuple[Any, Any, Any, Any]
Plans = dict[tuple[str, float, float] | None, tuple[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class Request:
    """Tokens of one call, by how they are paid for, and their prices for 1M tokens."""

    model: str
    """Assumption that names the model: ``model`` or ``tuned_model``."""
    on_gpu: bool
    """Whether whole GPUs are rented, so that tokens cost nothing by themselves."""
    prefix_tokens: Any
    """Tokens that are the same in every call and can be cached."""
    fresh_tokens: Any
    """Input tokens paid in full."""
    cache_read_tokens: Any
    """Input tokens read from the cache."""
    cache_write_tokens: Any
    """Input tokens written to the cache."""
    written_tokens: Any
    """Output tokens, hidden reasoning included."""
    prices: tuple[Any, Any, Any, Any]
    """Input, output, cache-read and cache-write price for 1M tokens at this length."""
    query_tokens: Any
    """Tokens turned into a search key; 0 without search."""
    embedding_price: float
    """Price for 1M tokens turned into search keys."""
    example_tokens: Any
    """Tokens of one worked example."""

    @property
    def read_tokens(self) -> Any:
        """All input tokens, however they are paid."""
        return self.fresh_tokens + self.cache_read_tokens + self.cache_write_tokens

    def tokens_and_prices(self) -> Iterator[tuple[str, Any, Any]]:
        """Component, tokens of one call, price for 1M tokens."""
        fresh, out, read, write = self.prices
        yield "Model: fresh input", self.fresh_tokens, fresh
        if np.any(self.cache_read_tokens):
            yield "Model: input from the cache", self.cache_read_tokens, read
        if np.any(self.cache_write_tokens):
            yield "Model: input into the cache", self.cache_write_tokens, write
        yield "Model: output", self.written_tokens, out

    @property
    def cost(self) -> Any:
        """Tokens of one call in money, search not included; 0 on rented GPUs."""
        if self.on_gpu:
            return np.float64(0.0)
        return sum(tokens * price for _, tokens, price in self.tokens_and_prices()) / 1e6


def requests(inputs: Inputs, values: Values, corpus: Any = None) -> dict[PatternId, Request]:
    """The request of each pattern under `values`; `corpus` as in `request`."""
    plans: Plans = {}
    return {pattern: request(inputs, values, pattern, corpus=corpus, plans=plans) for pattern in PATTERNS}


def request(
    inputs: Inputs, values: Values, pattern: PatternId, *, model: str | None = None, prefix: Any = None,
    corpus: Any = None, plans: Plans | None = None,
) -> Request:
    """One call of `pattern`.

    Args:
        inputs: Words and prices.
        values: Numbers or draws, completed.
        pattern: Which pattern.
        model: Another model's assumption than the pattern's own, to see what a smaller model alone would cost.
        prefix: Another length of the standing prompt, to see what a shorter prompt alone would save.
        corpus: Whether the standing prompt carries all reference text, once or by draw; by default as `corpus_in_prompt` says.
        plans: Cache plans already worked out by model under the same values; filled here.
    """
    v = values
    search, trained = pattern in {"rag", "hybrid"}, pattern in {"finetune", "hybrid"}
    name = model or ("tuned_model" if trained else "model")
    example = v["example_tokens"]
    if prefix is None:
        standing = v["instruction_tokens"] + v["prompt_examples"] * example
        prefix = v["tuned_instruction_tokens"] if trained else standing
        carried = corpus_in_prompt(inputs) if corpus is None else corpus
        if pattern == "prompt" and np.any(carried):
            prefix = prefix + v["corpus_tokens"] * carried
    looked_up = v["retrieved_passages"] * v["passage_tokens"] if search else 0.0
    own = v["input_tokens"] + looked_up
    prices = _prices(inputs, v, name, prefix + own)
    fresh, read, written = _prefix_paid(inputs, v, name, prices, {} if plans is None else plans)
    thinking = v["reasoning_tokens"] if inputs.model(name).reasons else 0.0
    hosting = "tuned_hosting" if name == "tuned_model" else "model_hosting"
    return Request(
        name, inputs.word(hosting) == "gpu", prefix, prefix * fresh + own, prefix * read, prefix * written,
        v["output_tokens"] + thinking, prices, v["input_tokens"] if search else 0.0,
        inputs.tokens("embedding_model").input, example,
    )


def _prices(inputs: Inputs, v: Values, name: str, prompt_tokens: Any) -> Prices:
    found = unit_costs.prices_at(inputs.tokens(name), prompt_tokens)
    share = v["tuned_batch_share" if name == "tuned_model" else "batch_share"]
    if np.any(share):
        batch = unit_costs.prices_at(inputs.tokens(name, batch=True), prompt_tokens)
        found = tuple(unit_costs.blend(a, b, share) for a, b in zip(found, batch, strict=True))
    return tuple(price * v["tuned_markup"] for price in found) if name == "tuned_model" else found


def _prefix_paid(inputs: Inputs, v: Values, name: str, prices: Prices, plans: Plans) -> tuple[Any, Any, Any]:
    fresh, _, read, write = prices
    minutes = inputs.model(name).cache_minutes
    if minutes is None or not np.any(fresh):
        return 1.0, 0.0, 0.0
    key = (name, read / fresh, write / fresh) if np.ndim(fresh) == 0 else None
    if key in plans:
        return plans[key]
    calls = v["calls_per_month"] * v["adoption"] * (1 + v["retry_share"]) / (v["active_hours"] * 60)
    plan = unit_costs.cache_plan(calls, minutes, read / fresh, write / fresh)
    return plan if key is None else plans.setdefault(key, plan)


def corpus_in_prompt(inputs: Inputs) -> bool:
    """Whether the prompt pattern carries all reference text: by word, or when its size is known and fits the window."""
    word = inputs.word("corpus_in_prompt")
    if word != "auto":
        return word == "yes"
    corpus, window = inputs.known("corpus_tokens"), inputs.model("model").window_tokens
    if corpus is None or window is None or inputs.levels.get("facts_in_request") == ("all",):
        return False
    return corpus.likely < window
