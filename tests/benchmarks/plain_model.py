"""The cost model a second time, in plain Python: one draw, one month after the other, no closed sums, no arrays.

It shares nothing with the library but the numbers that go in, so it serves as a check on the library and as the
pure-Python loop that the library's speed is measured against.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from advisorkit.costs.inputs import Inputs
from advisorkit.values.prices import TokenPrices

Values = Mapping[str, float]


@dataclass(frozen=True)
class Words:
    """What is no number: prices of models, and whether the prompt carries the corpus."""

    model: TokenPrices
    batch: TokenPrices
    tuned: TokenPrices
    embedding: float
    cache_minutes: float | None
    cache_from: int
    hour_write: float
    model_reasons: bool
    tuned_reasons: bool
    tuned_endpoint: bool
    corpus_in_prompt: bool
    horizon: int
    falling: bool


def words(inputs: Inputs, *, corpus_in_prompt: bool) -> Words:
    model, tuned = inputs.model("model"), inputs.model("tuned_model")
    return Words(
        inputs.tokens("model"), inputs.tokens("model", batch=True), inputs.tokens("tuned_model"), inputs.tokens("embedding_model").input, model.cache_minutes,
        model.cache_from or 0, inputs.tokens("model").hour_write,
        model.reasons, tuned.reasons, inputs.word("tuned_hosting") == "endpoint", corpus_in_prompt, inputs.months,
        inputs.falling,
    )


def at_length(prices: TokenPrices, tokens: float) -> tuple[float, float, float, float]:
    found = (prices.input, prices.output, prices.cache_read, prices.cache_write)
    for above, fresh, out, read, write in prices.tiers:
        if tokens > above:
            found = (fresh, out, read, write)
    return found


def call(v: Values, w: Words, *, prefix: float, own: float, tuned: bool) -> float:
    if tuned:
        fresh, out, read, write = at_length(w.tuned, prefix + own)
    else:
        both = zip(at_length(w.model, prefix + own), at_length(w.batch, prefix + own), strict=True)
        fresh, out, read, write = ((1 - v["batch_share"]) * a + v["batch_share"] * b for a, b in both)
    markup = v["tuned_markup"] if tuned else 1.0
    written = v["output_tokens"] + (v["reasoning_tokens"] if (w.tuned_reasons if tuned else w.model_reasons) else 0.0)
    by_token = fresh
    if not tuned and w.cache_minutes is not None and prefix >= w.cache_from:
        a_minute = v["calls_per_month"] * v["calls_per_item"] * v["adoption"] * (1 + v["retry_share"]) / v["active_hours"] / 60
        hit = 1 - math.exp(-a_minute * w.cache_minutes)
        ways = [fresh, hit * read + (1 - hit) * write]
        if not math.isnan(w.hour_write):
            kept = 1 - math.exp(-a_minute * 60)
            ways.append(kept * read + (1 - kept) * w.hour_write * fresh)
        by_token = min(ways)
    factor = markup if tuned else 1 + v["region_uplift"]
    return factor * (prefix * by_token + own * fresh + written * out) / 1e6


def totals(v: Values, w: Words) -> dict[str, float]:
    """Present value of each pattern over the horizon."""
    tongues = 1 + max(v["languages"] - 1, 0) * v["language_cases_share"]
    v = {**v, "test_case_count": v["test_case_count"] * tongues, "labels_wanted": v["labels_wanted"] * tongues}
    example = v["input_tokens"] + v["output_tokens"] if math.isnan(v["example_tokens"]) else v["example_tokens"]
    standing = v["instruction_tokens"] + v["prompt_examples"] * example
    passages = v["retrieved_passages"] * v["passage_tokens"]
    again = max(v["calls_per_item"] - 1, 0) / 2 * v["history_share"] * (v["input_tokens"] + v["output_tokens"] + v["tool_result_tokens"])
    own = v["input_tokens"] + again
    carried = standing + (v["corpus_tokens"] if w.corpus_in_prompt else 0.0)
    per_call = {
        "prompt": call(v, w, prefix=carried, own=own, tuned=False),
        "rag": call(v, w, prefix=standing, own=own + passages, tuned=False),
        "finetune": call(v, w, prefix=v["tuned_instruction_tokens"], own=own, tuned=True),
        "hybrid": call(v, w, prefix=v["tuned_instruction_tokens"], own=own + passages, tuned=True),
    }
    written = v["output_tokens"] + (v["reasoning_tokens"] if w.tuned_reasons else 0.0)
    read = {"finetune": v["tuned_instruction_tokens"] + own, "hybrid": v["tuned_instruction_tokens"] + own + passages}
    work = {pattern: written + tokens * v["input_token_weight"] for pattern, tokens in read.items()}
    return {pattern: pattern_total(v, w, pattern, per_call[pattern], work.get(pattern, 0.0), example) for pattern in per_call}


def error_rate(v: Values, pattern: str) -> float:
    if not math.isnan(v[f"error_rate_{pattern}"]):
        return v[f"error_rate_{pattern}"]
    found = min(v["retrieval_removes"] * v["search_hit_rate"] / 0.8, 1)
    looking = 1 - found if pattern in ("rag", "hybrid") else 1.0
    training = {"rag": 1.0, "finetune": 1 - v["training_removes"], "hybrid": 1 - v["training_removes"] * (1 - v["layers_overlap"])}[pattern]
    return v["error_rate_prompt"] * looking * training


def checked(v: Values, w: Words, month: int) -> float:
    """Share of a month's answers that people check."""
    if not w.falling:
        return v["review_share"]
    stage = "first" if month <= v["review_first_months"] else "later" if month <= v["review_later_until"] else "mature"
    return v[f"review_share_{stage}"]


def engineers_beside(v: Values, pattern: str, days: float) -> float:
    """Engineer days beside a first version."""
    looks_up = pattern in ("rag", "hybrid")
    size = (v["corpus_tokens"] / 1e6) ** v["corpus_growth"] if looks_up else 1.0
    further = max(v["languages"] - 1, 0)
    return (
        v["production_share"] * days * size + (v["rights_days"] if looks_up else 0.0)
        + v["language_days_share"] * days * further + v["reading_days"]
    )


def people_beside(v: Values, pattern: str, days: float) -> float:
    """Money for whoever works beside the engineers; `days` are all of theirs."""
    looks_up, trains = pattern in ("rag", "hybrid"), pattern in ("finetune", "hybrid")
    missing = max(v["labels_wanted"] - v["labelled_examples"], 0) if trains else 0.0
    hours = v["cleanup_hours"] * (v["corpus_tokens"] / 1e6) ** v["corpus_growth"] if looks_up else 0.0
    hours += v["test_case_count"] * v["case_minutes"] / 60 + missing * v["example_review_minutes"] / 60
    hours += v["client_hours"] * days + v["user_training_hours"]
    others = v["pilot_days"] + v["project_lead_share"] * days
    return hours * v["hourly_cost"] + others * v["engineer_day_rate"] + (v["security_days"] + v["advice_days"]) * v["advice_day_rate"]


def pattern_total(v: Values, w: Words, pattern: str, by_call: float, work: float, example: float) -> float:
    looks_up, trains = pattern in ("rag", "hybrid"), pattern in ("finetune", "hybrid")
    rag, tune = v["build_days_rag"] * v["overrun"], v["build_days_finetune"] * v["overrun"]
    days = {"prompt": v["build_days_prompt"] * v["overrun"], "rag": rag, "finetune": tune,
            "hybrid": (rag + tune) * (1 + v["integration_share"])}[pattern]
    days += max(v["integration_count"] - 1, 0) * v["days_per_system"]
    tests = v["test_case_count"] * (v["marking_minutes"] / 60 * v["hourly_cost"] + v["judge_price"])
    run = max(v["labels_wanted"], v["labelled_examples"]) * example * v["training_passes"] / 1e6 * v["training_price"]
    total = days * v["engineer_day_rate"] + tests
    first, days = days, days + engineers_beside(v, pattern, days)
    monthly = v["observability_month"] + days * v["maintenance_share"] / 12 * v["engineer_day_rate"] + tests * v["evaluations_per_year"] / 12
    gb = v["corpus_tokens"] / v["passage_tokens"] * (4 * v["embedding_dimensions"] + v["metadata_bytes"]) / 1e9
    reads = max(gb, 0.25) * v["store_read_price"] / 1e6
    search = v["paid_searches"] * v["paid_search_price"] / 1000
    if looks_up:
        index = v["corpus_tokens"] / 1e6 * w.embedding + gb * v["store_write_price"]
        total += index
        monthly += index * v["corpus_change_share"]
        search += v["input_tokens"] / 1e6 * w.embedding + v["rerank_price"] / 1000
    if trains:
        total += max(v["labels_wanted"] - v["labelled_examples"], 0) * v["label_price"] + run * v["training_runs"]
        often = max(v["retrains_per_year"] / 12, 1 / v["base_model_life_months"])
        by_call, monthly = 0.0 if w.tuned_endpoint else by_call, monthly + v["tuned_hosting_hour"] * v["gpu_hours"]
        monthly += often * (v["retrain_days"] * v["engineer_day_rate"] + v["relabel_share"] * v["labels_wanted"] * v["label_price"] + run)
    wrong, staying = v["share_taken"] * error_rate(v, pattern), 0.0 if math.isnan(v["error_rate_today"]) else (1 - v["share_taken"]) * v["error_rate_today"]
    total += (days - first) * v["engineer_day_rate"]
    total = (total + people_beside(v, pattern, days)) * (1 + v["contingency_share"])
    watched = v["trace_price"] / 1000
    read = v["reading_share"] * v["input_tokens"] / v["page_tokens"] / 1000 * v["reading_price"]
    for month in range(1, w.horizon + 1):
        worth = (1 + v["discount_rate"]) ** (-month / 12)
        use = v["adoption"] * min(month / max(v["adoption_months"], 1), 1) * (1 + v["growth_per_year"]) ** ((month - 1) / 12)
        calls = v["calls_per_month"] * v["calls_per_item"] * (1 + v["retry_share"]) * use
        store = max(gb * v["store_gb_price"] + calls * reads, v["store_minimum"]) if looks_up else 0.0
        items = v["calls_per_month"] * use
        model = by_call * (v["switch_price_share"] if 0 < v["switch_month"] <= month else 1.0)
        if trains and w.tuned_endpoint:
            capacity = v["endpoint_tokens_per_second"] * v["gpu_utilisation"] * v["gpu_hours"] * 3600
            store += max(math.ceil(calls * work / capacity), 1) * v["endpoint_price"] * v["gpu_hours"]
        share = checked(v, w, month)
        by_people = v["share_taken"] * share * v["review_minutes"] / 60 * v["hourly_cost"]
        escaped = (wrong * (1 - share * v["review_catch"]) + staying) * v["cost_wrong"]
        total += worth * (monthly + calls * (model + search + watched) + store + items * (escaped + by_people + read))
    return total
