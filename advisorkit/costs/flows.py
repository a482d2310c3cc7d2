"""What each column pays for: one list of flows, priced for a single scenario or for many draws at once.

A flow is a quantity at a unit price, paid once or in every month of full use. Quantities and prices are NumPy numbers or
arrays of draws; NaN means not known and travels through every sum that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from advisorkit import unit_costs
from advisorkit.costs.clock import Clock, Profile
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.sampling import Array
from advisorkit.costs.tokens_used import Request, requests
from advisorkit.patterns import PATTERNS, PatternId

__all__ = ["COLUMNS", "Column", "Flow", "Part", "Phase", "Scene", "flows", "scene"]

Column = Literal["today", "prompt", "rag", "finetune", "hybrid", "buy"]
Phase = Literal["build", "run", "change", "error"]
Part = Literal["platform", "corpus", "workflow"]

COLUMNS: tuple[Column, ...] = ("today", *PATTERNS, "buy")
"""Everything that is compared: the four patterns, what is done today, and a bought product."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flow:
    """One thing a column pays for."""

    component: str
    """What it is, in a client's words."""
    phase: Phase
    """build, run, change (keeping up with the world) or error."""
    part: Part
    """platform and corpus are shared by name across workflows."""
    profile: Profile
    """How it spreads over time."""
    quantity: Any
    """How many units, once or in a month of full use."""
    unit: str
    """Unit of `quantity`."""
    price: Any
    """Price of one unit."""
    inputs: tuple[str, ...]
    """Assumptions behind it, the most telling first; the first names its source."""
    monthly: Callable[[Array], Array] | None = None
    """For ``stairs``: the month's amount at a share of full use."""

    @property
    def amount(self) -> Any:
        """Amount paid once, or in a month of full use."""
        return self.quantity * self.price

    def total(self, clock: Clock, until: int) -> Any:
        """Discounted amount over the months 1 to `until`."""
        if self.monthly is not None:
            return clock.stairs(self.monthly, until)
        return self.amount * clock.months(self.profile, until)


@dataclass(frozen=True, slots=True)
class Scene:
    """Values with everything about a request worked out from them."""

    inputs: Inputs
    """Where the values come from."""
    values: Values
    """Numbers or draws by assumption name."""
    requests: Mapping[PatternId, Request]
    """What one call of each pattern takes."""
    store_gb: Any
    """Size of the search index in GB."""

    @property
    def clock(self) -> Clock:
        """Time under these values."""
        return Clock.of(self.values)

    @property
    def calls(self) -> Any:
        """Calls a month of full use, retries included."""
        return self.values["calls_per_month"] * (1 + self.values["retry_share"])

    @property
    def items(self) -> Any:
        """Items of work a month."""
        return self.values["calls_per_month"] / self.values["calls_per_item"]


def scene(inputs: Inputs, values: Values) -> Scene:
    """Work out requests and index from values: likely ones or draws."""
    v = values
    size = unit_costs.index_gb(v["corpus_tokens"] / v["passage_tokens"], v["embedding_dimensions"], v["metadata_bytes"])
    return Scene(inputs, v, requests(inputs, v), size)


def flows(here: Scene, column: Column) -> tuple[Flow, ...]:
    """Everything that `column` pays for, in the order of a bill."""
    if column == "today":
        return tuple(_today(here))
    if column == "buy":
        return (*_buy(here), *_errors(here, "buy"))
    return (*_build(here, column), *_calls(here, column), *_running(here, column), *_change(here, column), *_errors(here, column))


def _build(here: Scene, pattern: PatternId) -> Iterator[Flow]:
    yield from _days(here, pattern)
    v = here.values
    if pattern in {"finetune", "hybrid"}:
        missing = np.maximum(v["labels_wanted"] - v["labelled_examples"], 0)
        yield Flow("Examples written and checked", "build", "workflow", "once", missing, "examples", v["label_price"], ("label_price", "labels_wanted", "labelled_examples"))
        yield Flow("Training runs", "build", "workflow", "once", training_millions(here) * v["training_runs"], "1M training tokens", v["training_price"], ("training_price", "training_runs"))
    if pattern in {"rag", "hybrid"}:
        yield Flow("Indexing the documents", "build", "corpus", "once", v["corpus_tokens"] / 1e6, "1M tokens", here.requests[pattern].embedding_price, ("embedding_model", "corpus_tokens"))
    yield from _tests(here, "First round of tests", "build", "once", 1)


def _days(here: Scene, pattern: PatternId) -> Iterator[Flow]:
    for name, part, days, behind in build_days(here, pattern):
        yield Flow(name, "build", part, "once", days, "engineer days", here.values["engineer_day_rate"], ("engineer_day_rate", behind))


def build_days(here: Scene, pattern: PatternId) -> Iterator[tuple[str, Part, Any, str]]:
    """Engineer days of a build by part: component, part, days, assumption behind them."""
    v = here.values
    extra = np.maximum(v["integration_count"] - 1, 0) * v["days_per_system"]
    retrieval, training = pattern in {"rag", "hybrid"}, pattern in {"finetune", "hybrid"}
    rag, tune = v["build_days_rag"] * v["overrun"], v["build_days_finetune"] * v["overrun"]
    if not retrieval and not training:
        days = v["build_days_prompt"] * v["overrun"]
        yield "Engineers: prompt platform", "platform", days * v["platform_share_prompt"], "build_days_prompt"
        yield "Engineers: this prompt", "workflow", days * (1 - v["platform_share_prompt"]), "build_days_prompt"
    if retrieval:
        yield "Engineers: search platform", "platform", rag * v["platform_share_rag"], "build_days_rag"
        yield "Engineers: documents", "corpus", rag * v["corpus_share_rag"], "build_days_rag"
        yield "Engineers: this RAG workflow", "workflow", rag * (1 - v["platform_share_rag"] - v["corpus_share_rag"]), "build_days_rag"
    if training:
        yield "Engineers: training platform", "platform", tune * v["platform_share_finetune"], "build_days_finetune"
        yield "Engineers: this training", "workflow", tune * (1 - v["platform_share_finetune"]), "build_days_finetune"
    if retrieval and training:
        yield "Engineers: integration of both", "workflow", (rag + tune) * v["integration_share"], "integration_share"
    yield "Engineers: further systems", "workflow", extra, "integration_count"


def training_millions(here: Scene) -> Any:
    """Millions of training tokens of one run."""
    v = here.values
    return np.maximum(v["labels_wanted"], v["labelled_examples"]) * here.requests["finetune"].example_tokens * v["training_passes"] / 1e6


def _tests(here: Scene, name: str, phase: Phase, profile: Profile, rounds: Any) -> Iterator[Flow]:
    v = here.values
    cases = rounds * v["test_case_count"]
    yield Flow(f"{name}: people", phase, "workflow", profile, cases * v["marking_minutes"] / 60, "staff hours", v["hourly_cost"], ("hourly_cost", "test_case_count", "marking_minutes"))
    yield Flow(f"{name}: model as judge", phase, "workflow", profile, cases, "cases", v["judge_price"], ("judge_price", "test_case_count"))


def _calls(here: Scene, pattern: PatternId) -> Iterator[Flow]:
    request, calls, v = here.requests[pattern], here.calls, here.values
    millions = calls / 1e6
    if request.on_gpu:
        yield _gpus(here, pattern)
    else:
        for name, tokens, price in request.tokens_and_prices():
            yield Flow(name, "run", "workflow", "calls", millions * tokens, "1M tokens", price, (request.model, "calls_per_month"))
    if pattern in {"rag", "hybrid"}:
        yield Flow("Search: key of the question", "run", "workflow", "calls", millions * request.query_tokens, "1M tokens", request.embedding_price, ("embedding_model", "input_tokens"))
        yield Flow("Search: sorting the hits", "run", "workflow", "calls", calls / 1000, "1000 searches", v["rerank_price"], ("rerank_price",))
        yield _store(here)


def _store(here: Scene) -> Flow:
    v, gb = here.values, here.store_gb
    kept, reads = gb * v["store_gb_price"], here.calls * unit_costs.read_units(gb) * v["store_read_price"] / 1e6

    def monthly(use: Array) -> Any:
        return unit_costs.minimum_charge(kept + reads * use, v["store_minimum"])

    full = monthly(np.float64(1.0))  # type: ignore[arg-type]
    return Flow("Document store", "run", "corpus", "stairs", np.float64(1.0), "months", full, ("store_minimum", "store_gb_price", "store_read_price", "corpus_tokens"), monthly)


def _gpus(here: Scene, pattern: PatternId) -> Flow:
    v, request = here.values, here.requests[pattern]
    copies = v["tuned_gpus_per_copy"] if request.model == "tuned_model" else v["gpus_per_copy"]
    work = request.written_tokens + request.read_tokens * v["input_token_weight"]
    rent = unit_costs.gpu_month(v["gpu_price"], hours=v["gpu_hours"], overhead=v["gpu_overhead"])

    def count(use: Any) -> Any:
        return unit_costs.gpu_count(
            here.calls * use, work, tokens_per_second=v["gpu_tokens_per_second"], utilisation=v["gpu_utilisation"],
            hours=v["gpu_hours"], copies=copies,
        )

    return Flow("GPU rent", "run", "workflow", "stairs", count(1.0), "GPU months", rent, ("gpu_price", "gpu_tokens_per_second", "gpu_utilisation"), lambda use: count(use) * rent)


def _running(here: Scene, pattern: PatternId) -> Iterator[Flow]:
    v = here.values
    yield Flow("Watching it run", "run", "platform", "month", np.float64(1.0), "months", v["observability_month"], ("observability_month",))
    by_part: dict[Part, Any] = {}
    for _, part, days, _ in build_days(here, pattern):
        by_part[part] = by_part.get(part, 0.0) + days
    label = {"platform": "the platform", "corpus": "the documents", "workflow": "the workflow"}
    for part, days in by_part.items():
        yield Flow(f"Upkeep of {label[part]}", "run", part, "month", days * v["maintenance_share"] / 12, "engineer days", v["engineer_day_rate"], ("maintenance_share", "engineer_day_rate"))
    yield from _tests(here, "Later rounds of tests", "run", "month", v["evaluations_per_year"] / 12)


def _change(here: Scene, pattern: PatternId) -> Iterator[Flow]:
    v = here.values
    if pattern in {"rag", "hybrid"}:
        yield Flow("Indexing changed documents", "change", "corpus", "month", v["corpus_tokens"] * v["corpus_change_share"] / 1e6, "1M tokens", here.requests[pattern].embedding_price, ("corpus_change_share", "embedding_model"))
    if pattern in {"finetune", "hybrid"}:
        often = retrains_per_month(here)
        yield Flow("Training again: engineers", "change", "workflow", "month", often * v["retrain_days"], "engineer days", v["engineer_day_rate"], ("retrain_days", "retrains_per_year", "base_model_life_months"))
        yield Flow("Training again: examples", "change", "workflow", "month", often * v["relabel_share"] * v["labels_wanted"], "examples", v["label_price"], ("relabel_share", "label_price"))
        yield Flow("Training again: runs", "change", "workflow", "month", often * training_millions(here), "1M training tokens", v["training_price"], ("training_price", "retrains_per_year"))


def retrains_per_month(here: Scene) -> Any:
    """Retraining in a month: for new data or for the end of the base model, whichever comes more often."""
    v = here.values
    return np.maximum(v["retrains_per_year"] / 12, 1 / v["base_model_life_months"])


def _errors(here: Scene, column: Literal["prompt", "rag", "finetune", "hybrid", "buy"]) -> Iterator[Flow]:
    v, rate = here.values, f"error_rate_{column}"
    checked = here.items * v["review_share"]
    yield Flow("Checking by people", "error", "workflow", "calls", checked * v["review_minutes"] / 60, "staff hours", v["hourly_cost"], ("review_share", "review_minutes", "hourly_cost"))
    escaped = here.items * v[rate] * (1 - v["review_share"] * v["review_catch"])
    yield Flow("Wrong answers", "error", "workflow", "calls", escaped, "wrong answers", v["cost_wrong"], ("cost_wrong", rate, "review_catch"))


def _today(here: Scene) -> Iterator[Flow]:
    v = here.values
    yield Flow("Work by people", "run", "workflow", "work", here.items * v["minutes_per_item"] / 60, "staff hours", v["hourly_cost"], ("minutes_per_item", "hourly_cost"))
    yield Flow("Wrong answers", "error", "workflow", "work", here.items * v["error_rate_today"], "wrong answers", v["cost_wrong"], ("cost_wrong", "error_rate_today"))


def _buy(here: Scene) -> Iterator[Flow]:
    v = here.values
    if np.all(np.isnan(v["buy_seat_price"])) and np.all(np.isnan(v["buy_resolution_price"])):
        yield Flow("Product", "run", "workflow", "month", np.float64(1.0), "months", np.float64(np.nan), ("buy_seat_price",))
        return
    for part, count, unit, price, profile in (
        ("Product: set-up", np.float64(1.0), "set-up", "buy_setup", "once"),
        ("Product: seats", v["buy_seats"], "seats", "buy_seat_price", "month"),
        ("Product: finished items", here.items * v["share_taken"], "items", "buy_resolution_price", "calls"),
    ):
        if not np.all(np.isnan(v[price])):
            yield Flow(part, "build" if profile == "once" else "run", "workflow", profile, count, unit, v[price], (price,))  # type: ignore[arg-type]
