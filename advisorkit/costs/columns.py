"""The columns of a comparison, put together from flows that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from advisorkit.costs import unit_costs
from advisorkit.costs.building import builds, tests, upkeep
from advisorkit.costs.clock import Stairs
from advisorkit.costs.flows import COLUMNS, ONE, Column, Flow, Flows, Part, Workings, single, training_millions
from advisorkit.values.patterns import PATTERNS, PatternId

UNKNOWN = np.float64(np.nan)


def columns(here: Workings) -> dict[Column, Flows]:
    """Everything that each column pays for, in the order of a bill; a column ends with its wrong answers."""
    built, checking = builds(here), _checking(here)
    kept = kept_up(here, built)
    found: dict[Column, Flows] = {p: (*built[p], *kept[p], checking, _wrong(here, p)) for p in PATTERNS}
    found["today"], found["buy"] = _today(here), (*_buy(here), checking, _wrong(here, "buy"))
    return {column: found[column] for column in COLUMNS}


def kept_up(here: Workings, built: Mapping[PatternId, Flows], patterns: Sequence[PatternId] = PATTERNS) -> dict[PatternId, Flows]:
    """What `patterns` pay from the first month on to run and to keep up with the world, after what was `built`."""
    watching = here.pays(
        "Watching it run", "run", "month", ONE, "months", here.values["observability_month"], "observability_month", part="platform",
    )
    always = (watching, *tests(here, "Later rounds of tests", "run", "month"))
    looks_up, trains = ([p for p in patterns if p in layer] for layer in ({"rag", "hybrid"}, {"finetune", "hybrid"}))
    search, indexing = (_search(here), _indexing(here)) if looks_up else ((), ())
    retraining = _retraining(here) if trains else ()
    return {
        pattern: (
            *_calls(here, pattern), *(search if pattern in looks_up else ()), *always, *upkeep(here, built[pattern]),
            *(indexing if pattern in looks_up else ()), *(retraining if pattern in trains else ()),
        )
        for pattern in patterns
    }


def _calls(here: Workings, pattern: PatternId) -> Flows:
    request, millions = here.requests[pattern], here.calls / 1e6
    if request.on_gpu:
        return (_gpus(here, pattern),)
    behind = (request.model, "calls_per_month")
    tokens = tuple(
        here.pays(name, "run", "tokens", millions * count, "1M tokens", price, *behind)
        for name, count, price in request.tokens_and_prices()
    )
    fee, hours = here.values["tuned_hosting_hour"], here.values["gpu_hours"]
    if request.model == "model" or not np.any(fee):
        return tokens
    hosting = here.pays("Hosting fee of the trained model", "run", "month", hours, "hours", fee, "tuned_hosting_hour")
    return (*tokens, hosting)


def _search(here: Workings) -> Flows:
    query, sorting = here.calls / 1e6 * here.requests["rag"].query_tokens, here.values["rerank_price"]
    key = ("embedding_model", "input_tokens")
    return (
        here.pays("Search: key of the question", "run", "calls", query, "1M tokens", here.embedding_price, *key),
        here.pays("Search: sorting the hits", "run", "calls", here.calls / 1000, "1000 searches", sorting, "rerank_price"),
        _store(here),
    )


def _store(here: Workings) -> Flow:
    v, gb = here.values, here.store_gb
    kept, reads = gb * v["store_gb_price"], here.calls * unit_costs.read_units(gb) * v["store_read_price"] / 1e6
    least, behind = v["store_minimum"], ("store_minimum", "store_gb_price", "store_read_price", "corpus_tokens")
    if np.all(kept + reads * here.clock.most_use <= least):
        return here.pays("Document store", "run", "month", ONE, "months", least, *behind, part="corpus")
    return _stairs(here, "Document store", "corpus", ONE, "months", Stairs(ONE, kept, reads, least, whole=False), *behind)


def _gpus(here: Workings, pattern: PatternId) -> Flow:
    v, request = here.values, here.requests[pattern]
    copies = v["tuned_gpus_per_copy"] if request.model == "tuned_model" else v["gpus_per_copy"]
    work = request.written_tokens + request.read_tokens * v["input_token_weight"]
    rent = unit_costs.gpu_month(v["gpu_price"], hours=v["gpu_hours"], overhead=v["gpu_overhead"])
    speed, busy = v["gpu_tokens_per_second"], v["gpu_utilisation"]
    capacity = unit_costs.gpu_capacity(speed, utilisation=busy, hours=v["gpu_hours"])
    stairs = Stairs(rent * copies, 0.0, here.calls * work / capacity, ONE, whole=True)
    behind = ("gpu_price", "gpu_tokens_per_second", "gpu_utilisation")
    return _stairs(here, "GPU rent", "workflow", copies * stairs.units(1.0), "GPU months", stairs, *behind)


def _stairs(here: Workings, component: str, part: Part, quantity: Any, unit: str, stairs: Stairs, *inputs: str) -> Flow:
    """A flow worked out month by month; at full use it is `quantity` units."""
    full, summed = stairs.at(1.0), stairs.over(here.clock)
    price = single(full / quantity)
    return Flow(component, "run", part, "stairs", single(quantity), unit, price, inputs, full, 1.0, stairs, summed)


def _indexing(here: Workings) -> Flows:
    v, share = here.values, here.values["corpus_change_share"]
    texts, writes, price = v["corpus_tokens"] * share / 1e6, here.store_gb * share, v["store_write_price"]
    key, written = ("corpus_change_share", "embedding_model"), ("corpus_change_share", "store_write_price")
    embed = here.embedding_price
    return (
        here.pays("Indexing changed documents", "change", "month", texts, "1M tokens", embed, *key, part="corpus"),
        here.pays("Writing changed documents", "change", "month", writes, "1M writes", price, *written, part="corpus"),
    )


def _retraining(here: Workings) -> Flows:
    """Training again for new data or for the end of the base model, whichever comes more often."""
    v = here.values
    often = np.maximum(v["retrains_per_year"] / 12, _ends(here))
    days, labels = often * v["retrain_days"], often * v["relabel_share"] * v["labels_wanted"]
    millions, why = often * training_millions(here), ("retrains_per_year", "base_model_life_months")
    rate, label, run = v["engineer_day_rate"], v["label_price"], v["training_price"]
    return (
        here.pays("Training again: engineers", "change", "month", days, "engineer days", rate, "retrain_days", *why),
        here.pays("Training again: examples", "change", "month", labels, "examples", label, "relabel_share", *why),
        here.pays("Training again: runs", "change", "month", millions, "1M training tokens", run, "training_price", *why),
    )


def _ends(here: Workings) -> Any:
    """Ends of the base model a month: the announced one first, then one for every assumed life after it."""
    life, announced, horizon = here.values["base_model_life_months"], here.inputs.announced_life, here.clock.horizon
    if announced is None:
        return 1 / life
    return (1 + (horizon - announced) / life) / horizon if 0 < horizon >= announced else 0.0


def _checking(here: Workings) -> Flow:
    v = here.values
    hours = here.items * v["review_share"] * v["review_minutes"] / 60
    behind = ("review_share", "review_minutes", "hourly_cost")
    return here.pays("Checking by people", "error", "calls", hours, "staff hours", v["hourly_cost"], *behind)


def _wrong(here: Workings, column: Column) -> Flow:
    v, rate = here.values, f"error_rate_{column}"
    escaped = here.items * v[rate] * (1 - v["review_share"] * v["review_catch"])
    behind = ("cost_wrong", rate, "review_share", "review_catch")
    return here.pays("Wrong answers", "error", "calls", escaped, "wrong answers", v["cost_wrong"], *behind)


def _today(here: Workings) -> Flows:
    v = here.values
    hours, wrong = here.items * v["minutes_per_item"] / 60, here.items * v["error_rate_today"]
    people, errors = ("minutes_per_item", "hourly_cost"), ("cost_wrong", "error_rate_today")
    return (
        here.pays("Work by people", "run", "work", hours, "staff hours", v["hourly_cost"], *people),
        here.pays("Wrong answers", "error", "work", wrong, "wrong answers", v["cost_wrong"], *errors),
    )


def _buy(here: Workings) -> Flows:
    v, items = here.values, here.items * here.values["share_taken"]
    setup = _offered(here, "set-up", "once", ONE, "set-up", "buy_setup")
    seats = _offered(here, "seats", "month", v["buy_seats"], "seats", "buy_seat_price")
    finished = _offered(here, "finished items", "calls", items, "items", "buy_resolution_price")
    if seats or finished:
        return (*setup, *seats, *finished)
    return (
        here.pays("Product: set-up", "build", "once", ONE, "set-up", UNKNOWN, "buy_setup"),
        here.pays("Product: seats", "run", "month", ONE, "months", UNKNOWN, "buy_seat_price"),
    )


def _offered(here: Workings, name: str, profile: Literal["once", "month", "calls"], quantity: Any, unit: str, price: str) -> Flows:
    if np.any(np.isnan(here.values[price])):
        return ()
    phase: Literal["build", "run"] = "build" if profile == "once" else "run"
    return (here.pays(f"Product: {name}", phase, profile, quantity, unit, here.values[price], price),)
