"""What the engine is told by the cost model: evidence that is worked out, not asked. Unknown stays None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisorkit import unit_costs
from advisorkit.costs.columns import columns
from advisorkit.costs.flows import Column, Flow, Scene, build_days, scene
from advisorkit.costs.inputs import DAYS_PER_MONTH, Inputs
from advisorkit.costs.tokens_used import request
from advisorkit.patterns import PATTERNS, PatternId
from advisorkit.quantities import Band

__all__ = ["FACT_DRAWS", "CostFacts", "Saving", "band", "base_model_life", "facts", "per_call", "saving", "whole_corpus_call"]

FACT_DRAWS = 2**11
SEED = 1
Columns = Mapping[Column, tuple[Flow, ...]]


@dataclass(frozen=True, slots=True)
class Saving:
    """Where a trained small model's saving on a call comes from, against the prompt."""

    per_call: float
    """Saved on a call, in the engagement's currency; negative when the trained model costs more."""
    shorter_prompt: float
    """Part of it that the shorter prompt alone would bring on the same model."""
    smaller_model: float
    """Part of it that the smaller model then adds."""
    small_untuned: float
    """What the smaller model alone would save with the full prompt and no training."""


@dataclass(frozen=True, slots=True)
class CostFacts:
    """Computed evidence about one workflow."""

    currency: str
    """Currency of all money."""
    window_tokens: int | None
    """Tokens that the chosen model reads at once; None when the book does not say."""
    effective_tokens: float
    """Tokens up to which it is assumed to use what it reads (likely value)."""
    corpus_fits: float | None
    """Chance, 0 to 1, that the reference text fits the window; None when its size is not known."""
    corpus_works: float | None
    """Chance, 0 to 1, that it is short enough to be used reliably; None when its size is not known."""
    corpus_call: float | None
    """Cost of a call that carries the whole corpus in a cached prompt; None when size or calls are not known, or GPUs are rented."""
    rag_call: float | None
    """Cost of a call of RAG, search included; None under the same conditions."""
    corpus_cost_ratio: float | None
    """`corpus_call` over `rag_call`: above 1 looking up is cheaper by the call."""
    corpus_payback_calls: float | None
    """Calls after which RAG's dearer build is paid back against the cached corpus; None when never or not known."""
    cache_hit_rate: float | None
    """Chance that a call finds the cached prompt still warm, 0 to 1; None when calls are not known."""
    examples_that_fit: int
    """Worked examples that fit into the length read reliably, beside instructions and request."""
    labels_missing: float | None
    """Examples still to be made for training (likely value); None when it is not known how many there are."""
    label_cost: Band | None
    """What they cost; None when it is not known how many there are."""
    payback_months: float | None
    """Months until a trained small model has paid back its build against the prompt (P50); None: never, or not known."""
    payback_known: bool
    """False when the volume is not known, so that None means not known rather than never."""
    saving: Saving
    """Where the saving comes from."""
    base_model_life_months: float
    """Months until the model to train is ended: announced, else assumed (likely value)."""
    build: Mapping[PatternId, Band]
    """Cost to build each pattern."""
    build_weeks: Mapping[PatternId, Band]
    """Calendar weeks to build each pattern, approvals included when they are known."""
    approvals_known: bool
    """Whether weeks for approvals were answered."""


def facts(inputs: Inputs, draws: int = FACT_DRAWS, seed: int = SEED) -> CostFacts:
    """Everything the engine takes from the cost model.

    Raises:
        PriceError: If a price or rate is not known.
    """
    here, spread = scene(inputs, inputs.likely()), scene(inputs, inputs.draw(draws, seed))
    likely, paid = columns(here), columns(spread)
    window, corpus = inputs.model("model").window_tokens, inputs.known("corpus_tokens")
    size, calls = spread.values["corpus_tokens"], inputs.rows["calls_per_month"].range
    by_corpus, by_rag = float(whole_corpus_call(here)), float(per_call(here, "rag"))
    both = corpus is not None and calls is not None and not here.requests["rag"].on_gpu
    in_hand = inputs.known("labelled_examples")
    missing = np.maximum(spread.values["labels_wanted"] - spread.values["labelled_examples"], 0)
    return CostFacts(
        currency=inputs.currency,
        window_tokens=window,
        effective_tokens=float(here.values["effective_tokens"]),
        corpus_fits=None if corpus is None or window is None else corpus.below(window),
        corpus_works=None if corpus is None else float(np.mean(size <= spread.values["effective_tokens"])),
        corpus_call=by_corpus if both else None,
        rag_call=by_rag if both else None,
        corpus_cost_ratio=by_corpus / by_rag if both and by_rag else None,
        corpus_payback_calls=_corpus_payback(likely, by_corpus, by_rag) if both else None,
        cache_hit_rate=_hit_rate(here) if calls is not None else None,
        examples_that_fit=_examples_that_fit(here),
        labels_missing=None if in_hand is None else float(np.maximum(here.values["labels_wanted"] - in_hand.likely, 0)),
        label_cost=None if in_hand is None else band(missing * spread.values["label_price"]),
        payback_months=_payback(paid) if calls is not None else None,
        payback_known=calls is not None,
        saving=saving(here),
        base_model_life_months=float(base_model_life(inputs, here.values)),
        build={pattern: band(_phases(paid[pattern], "build")) for pattern in PATTERNS},
        build_weeks={pattern: band(_weeks(spread, pattern)) for pattern in PATTERNS},
        approvals_known=inputs.known("approval_lead_weeks") is not None,
    )


def band(draws: Any) -> Band:
    """P10, P50 and P90 of draws, by nearest rank; a single number is all three.

    Example:
        >>> band(np.arange(101.0))
        Band(p10=10.0, p50=50.0, p90=90.0)
    """
    flat = np.array(draws, ndmin=1).ravel()
    low, middle, high = (int(share * (len(flat) - 1) + 0.5) for share in (0.1, 0.5, 0.9))
    flat.partition(middle)
    half = float(flat[middle])
    below, above = flat[: middle + 1], flat[middle:]
    below.partition(low)
    tenth = float(below[low])
    above.partition(high - middle)
    return Band(tenth, half, float(above[high - middle]))


def saving(here: Scene) -> Saving:
    """Split of the saving of a trained small model on a call, at the values of `here`."""
    inputs, v = here.inputs, here.values
    full, tuned = here.requests["prompt"].cost, here.requests["finetune"].cost
    short = request(inputs, v, "prompt", prefix=v["tuned_instruction_tokens"]).cost
    small = request(inputs, v, "prompt", model="tuned_model").cost
    return Saving(*(float(np.mean(x)) for x in (full - tuned, full - short, short - tuned, full - small)))


def whole_corpus_call(here: Scene) -> Any:
    """Cost of one call that carries all reference text in a cached prompt, retries included."""
    return request(here.inputs, here.values, "prompt", corpus=True).cost * (1 + here.values["retry_share"])


def per_call(here: Scene, pattern: PatternId) -> Any:
    """Cost of one call of a pattern, search and retries included; rented GPUs are spread over all calls.

    Without calls the cost of one on rented GPUs is not known.
    """
    v, paid = here.values, here.requests[pattern]
    search = 0.0
    if pattern in {"rag", "hybrid"}:
        search = unit_costs.search_call(
            embedding_price=paid.embedding_price, query_tokens=paid.query_tokens, rerank_price=v["rerank_price"],
            read_price=v["store_read_price"], reads=unit_costs.read_units(here.store_gb),
        )
    if not paid.on_gpu:
        return (paid.cost + search) * (1 + v["retry_share"])
    if not np.all(v["calls_per_month"] > 0):
        return np.float64(np.nan)
    rent = next(f.amount for f in columns(here)[pattern] if f.component == "GPU rent")
    return rent / v["calls_per_month"] + search * (1 + v["retry_share"])


def _corpus_payback(likely: Columns, by_corpus: float, by_rag: float) -> float | None:
    extra, saved = float(_phases(likely["rag"], "build") - _phases(likely["prompt"], "build")), by_corpus - by_rag
    return extra / saved if saved > 0 else None


def _hit_rate(here: Scene) -> float | None:
    minutes = here.inputs.model("model").cache_minutes
    if minutes is None:
        return None
    v = here.values
    return float(-np.expm1(-v["calls_per_month"] * v["adoption"] / (v["active_hours"] * 60) * minutes))


def _examples_that_fit(here: Scene) -> int:
    v, window = here.values, here.inputs.model("model").window_tokens
    room = min(float(v["effective_tokens"]), window or math.inf) - float(v["instruction_tokens"] + v["input_tokens"])
    return max(0, math.floor(room / max(1.0, float(here.requests["prompt"].example_tokens))))


def _phases(paid: tuple[Flow, ...], *phases: str) -> Any:
    return sum(flow.amount for flow in paid if flow.phase in phases)


def _weeks(here: Scene, pattern: PatternId) -> Any:
    v = here.values
    return build_days(here, pattern) / (v["engineers"] * v["days_per_week"]) + v["approval_lead_weeks"]


def _payback(paid: Columns) -> float | None:
    """Months of full use after which the trained model has paid its dearer build back; wrong answers left out."""
    saved = _phases(paid["prompt"], "run", "change") - _phases(paid["finetune"], "run", "change")
    extra = np.maximum(_phases(paid["finetune"], "build") - _phases(paid["prompt"], "build"), 0)
    months = np.where(saved > 0, extra / np.where(saved > 0, saved, 1.0), np.inf)
    middle = float(np.sort(np.ravel(months))[(np.size(months) - 1) // 2])
    return middle if math.isfinite(middle) else None


def base_model_life(inputs: Inputs, values: Mapping[str, Any]) -> Any:
    """Months until the model to train is ended: those its maker announced, else those assumed in `values`."""
    retires = inputs.model("tuned_model").retires
    if retires is None:
        return values["base_model_life_months"]
    return max(0.0, (retires - inputs.as_of).days / DAYS_PER_MONTH)
