"""The columns of a comparison, put together from flows that they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from advisorkit import unit_costs
from advisorkit.costs.clock import Profile, Stairs
from advisorkit.costs.flows import COLUMNS, Column, Flow, Part, Phase, Scene, flow, single, training_millions
from advisorkit.patterns import PATTERNS, PatternId

__all__ = ["columns"]

ONE = np.float64(1.0)
UPKEEP = {"platform": "Upkeep of the platform", "corpus": "Upkeep of the documents", "workflow": "Upkeep of the workflow"}
Flows = tuple[Flow, ...]


def columns(here: Scene) -> dict[Column, Flows]:
    """Everything that each column pays for, in the order of a bill."""
    build, common = _builds(here), (*_watching(here), *_tests(here, "Later rounds of tests", "run", "month"))
    search, store, retraining = _search(here), (_store(here),), _retraining(here)
    checking, indexing = _checking(here), _indexing_changes(here)
    found: dict[Column, Flows] = {}
    for pattern in PATTERNS:
        looks_up, trains = pattern in {"rag", "hybrid"}, pattern in {"finetune", "hybrid"}
        found[pattern] = (
            *build[pattern], *_calls(here, pattern), *((search + store) if looks_up else ()), *common, *_upkeep(here, build[pattern]),
            *(indexing if looks_up else ()), *(retraining if trains else ()), checking, _wrong(here, pattern),
        )
    found["today"], found["buy"] = _today(here), (*_buy(here), checking, _wrong(here, "buy"))
    return {column: found[column] for column in COLUMNS}


def _builds(here: Scene) -> dict[PatternId, Flows]:
    v = here.values
    rag, tune, prompt = (v[f"build_days_{pattern}"] * v["overrun"] for pattern in ("rag", "finetune", "prompt"))
    shared, own = v["platform_share_rag"], 1 - v["platform_share_rag"] - v["corpus_share_rag"]
    tests = _tests(here, "First round of tests", "build", "once")
    systems = _days(here, "Engineers: further systems", "workflow", np.maximum(v["integration_count"] - 1, 0) * v["days_per_system"], "integration_count")
    prompting = (
        _days(here, "Engineers: prompt platform", "platform", prompt * v["platform_share_prompt"], "build_days_prompt"),
        _days(here, "Engineers: this prompt", "workflow", prompt * (1 - v["platform_share_prompt"]), "build_days_prompt"),
    )
    looking_up = (
        _days(here, "Engineers: search platform", "platform", rag * shared, "build_days_rag"),
        _days(here, "Engineers: documents", "corpus", rag * v["corpus_share_rag"], "build_days_rag"),
        _days(here, "Engineers: this RAG workflow", "workflow", rag * own, "build_days_rag"),
        flow(here, "Indexing the documents", "build", "once", v["corpus_tokens"] / 1e6, "1M tokens", _embedding_price(here), "embedding_model", "corpus_tokens", part="corpus"),
        flow(here, "Writing the index", "build", "once", here.store_gb, "1M write units", v["store_write_price"], "store_write_price", "corpus_tokens", part="corpus"),
    )
    training = _training(here, tune)
    both = _days(here, "Engineers: integration of both", "workflow", (rag + tune) * v["integration_share"], "integration_share")
    return {
        "prompt": (*prompting, systems, *tests), "rag": (*looking_up, systems, *tests),
        "finetune": (*training, systems, *tests), "hybrid": (*looking_up, *training, both, systems, *tests),
    }


def _days(here: Scene, component: str, part: Part, days: Any, behind: str) -> Flow:
    return flow(here, component, "build", "once", days, "engineer days", here.values["engineer_day_rate"], "engineer_day_rate", behind, part=part)


def _training(here: Scene, days: Any) -> Flows:
    v = here.values
    missing = np.maximum(v["labels_wanted"] - v["labelled_examples"], 0)
    return (
        _days(here, "Engineers: training platform", "platform", days * v["platform_share_finetune"], "build_days_finetune"),
        _days(here, "Engineers: this training", "workflow", days * (1 - v["platform_share_finetune"]), "build_days_finetune"),
        flow(here, "Examples written and checked", "build", "once", missing, "examples", v["label_price"], "label_price", "labels_wanted", "labelled_examples"),
        flow(here, "Training runs", "build", "once", training_millions(here) * v["training_runs"], "1M training tokens", v["training_price"], "training_price", "training_runs"),
    )


def _tests(here: Scene, name: str, phase: Phase, profile: Profile) -> Flows:
    v = here.values
    cases = v["test_case_count"] * (1 if profile == "once" else v["evaluations_per_year"] / 12)
    return (
        flow(here, f"{name}: people", phase, profile, cases * v["marking_minutes"] / 60, "staff hours", v["hourly_cost"], "hourly_cost", "test_case_count", "marking_minutes"),
        flow(here, f"{name}: model as judge", phase, profile, cases, "cases", v["judge_price"], "judge_price", "test_case_count"),
    )


def _calls(here: Scene, pattern: PatternId) -> Flows:
    request = here.requests[pattern]
    if request.on_gpu:
        return (_gpus(here, pattern),)
    millions = here.calls / 1e6
    return tuple(
        flow(here, name, "run", "tokens", millions * tokens, "1M tokens", price, request.model, "calls_per_month")
        for name, tokens, price in request.tokens_and_prices()
    ) + (_hosting_fee(here) if request.model == "tuned_model" else ())


def _hosting_fee(here: Scene) -> Flows:
    v = here.values
    fee = v["tuned_hosting_hour"]
    return (flow(here, "Hosting fee of the trained model", "run", "month", v["gpu_hours"], "hours", fee, "tuned_hosting_hour"),) if np.any(fee) else ()


def _search(here: Scene) -> Flows:
    query = here.requests["rag"].query_tokens
    return (
        flow(here, "Search: key of the question", "run", "calls", here.calls / 1e6 * query, "1M tokens", _embedding_price(here), "embedding_model", "input_tokens"),
        flow(here, "Search: sorting the hits", "run", "calls", here.calls / 1000, "1000 searches", here.values["rerank_price"], "rerank_price", "calls_per_month"),
    )


def _embedding_price(here: Scene) -> float:
    return here.requests["rag"].embedding_price


def _stairs(here: Scene, component: str, part: Part, quantity: Any, unit: str, stairs: Stairs, *inputs: str) -> Flow:
    """A flow worked out month by month; at full use it is `quantity` units."""
    full, summed = stairs.at(1.0), stairs.over(here.clock)
    return Flow(component, "run", part, "stairs", single(quantity), unit, single(full / quantity), inputs, full, 1.0, stairs, summed)


def _store(here: Scene) -> Flow:
    v, gb = here.values, here.store_gb
    kept, reads = gb * v["store_gb_price"], here.calls * unit_costs.read_units(gb) * v["store_read_price"] / 1e6
    behind = ("store_minimum", "store_gb_price", "store_read_price", "corpus_tokens")
    if np.all(kept + reads * here.clock.most_use <= v["store_minimum"]):
        return flow(here, "Document store", "run", "month", ONE, "months", v["store_minimum"], *behind, part="corpus")
    return _stairs(here, "Document store", "corpus", ONE, "months", Stairs(ONE, kept, reads, v["store_minimum"], whole=False), *behind)


def _gpus(here: Scene, pattern: PatternId) -> Flow:
    v, request = here.values, here.requests[pattern]
    copies = v["tuned_gpus_per_copy"] if request.model == "tuned_model" else v["gpus_per_copy"]
    work = request.written_tokens + request.read_tokens * v["input_token_weight"]
    rent = unit_costs.gpu_month(v["gpu_price"], hours=v["gpu_hours"], overhead=v["gpu_overhead"])
    capacity = unit_costs.gpu_capacity(v["gpu_tokens_per_second"], utilisation=v["gpu_utilisation"], hours=v["gpu_hours"])
    stairs = Stairs(rent * copies, 0.0, here.calls * work / capacity, ONE, whole=True)
    return _stairs(here, "GPU rent", "workflow", copies * stairs.units(1.0), "GPU months", stairs, "gpu_price", "gpu_tokens_per_second", "gpu_utilisation")


def _watching(here: Scene) -> Flows:
    return (flow(here, "Watching it run", "run", "month", ONE, "months", here.values["observability_month"], "observability_month", part="platform"),)


def _upkeep(here: Scene, build: Flows) -> Flows:
    share, parts = here.values["maintenance_share"] / 12, ("platform", "corpus", "workflow")
    built: dict[Part, list[Any]] = {part: [f.amount for f in build if f.unit == "engineer days" and f.part == part] for part in parts}  # type: ignore[misc]
    return tuple(
        flow(here, UPKEEP[part], "run", "month", share, "of the engineers' build", sum(amounts), "maintenance_share", "engineer_day_rate", part=part)
        for part, amounts in built.items() if amounts
    )


def _indexing_changes(here: Scene) -> Flows:
    v = here.values
    share = v["corpus_change_share"]
    return (
        flow(here, "Indexing changed documents", "change", "month", v["corpus_tokens"] * share / 1e6, "1M tokens", _embedding_price(here), "corpus_change_share", "embedding_model", part="corpus"),
        flow(here, "Writing changed documents", "change", "month", here.store_gb * share, "1M write units", v["store_write_price"], "corpus_change_share", "store_write_price", part="corpus"),
    )


def _retraining(here: Scene) -> Flows:
    """Training again for new data or for the end of the base model, whichever comes more often."""
    v = here.values
    often = np.maximum(v["retrains_per_year"] / 12, 1 / v["base_model_life_months"])
    behind = ("retrains_per_year", "base_model_life_months")
    return (
        flow(here, "Training again: engineers", "change", "month", often * v["retrain_days"], "engineer days", v["engineer_day_rate"], "retrain_days", *behind),
        flow(here, "Training again: examples", "change", "month", often * v["relabel_share"] * v["labels_wanted"], "examples", v["label_price"], "relabel_share", "label_price", *behind),
        flow(here, "Training again: runs", "change", "month", often * training_millions(here), "1M training tokens", v["training_price"], "training_price", *behind),
    )


def _checking(here: Scene) -> Flow:
    v = here.values
    hours = here.items * v["review_share"] * v["review_minutes"] / 60
    return flow(here, "Checking by people", "error", "calls", hours, "staff hours", v["hourly_cost"], "review_share", "review_minutes", "hourly_cost")


def _wrong(here: Scene, column: Column) -> Flow:
    v, rate = here.values, f"error_rate_{column}"
    escaped = here.items * v[rate] * (1 - v["review_share"] * v["review_catch"])
    return flow(here, "Wrong answers", "error", "calls", escaped, "wrong answers", v["cost_wrong"], "cost_wrong", rate, "review_share", "review_catch")


def _today(here: Scene) -> Flows:
    v = here.values
    return (
        flow(here, "Work by people", "run", "work", here.items * v["minutes_per_item"] / 60, "staff hours", v["hourly_cost"], "minutes_per_item", "hourly_cost"),
        flow(here, "Wrong answers", "error", "work", here.items * v["error_rate_today"], "wrong answers", v["cost_wrong"], "cost_wrong", "error_rate_today"),
    )


def _buy(here: Scene) -> Flows:
    v: Mapping[str, Any] = here.values
    offered = (
        ("Product: set-up", "build", "once", ONE, "set-up", "buy_setup"),
        ("Product: seats", "run", "month", v["buy_seats"], "seats", "buy_seat_price"),
        ("Product: finished items", "run", "calls", here.items * v["share_taken"], "items", "buy_resolution_price"),
    )
    known = tuple(
        flow(here, name, phase, profile, quantity, unit, v[price], price)  # type: ignore[arg-type]
        for name, phase, profile, quantity, unit, price in offered if not np.any(np.isnan(v[price]))
    )
    runs = any(f.phase == "run" for f in known)
    unknown = np.float64(np.nan)
    return known if runs else (
        flow(here, "Product: set-up", "build", "once", ONE, "set-up", unknown, "buy_setup"),
        flow(here, "Product: seats", "run", "month", ONE, "months", unknown, "buy_seat_price"),
    )
