"""What each column pays for: flows of money, for a single scenario or for many draws at once.

A flow is a quantity at a unit price, paid once or in every month of full use. Quantities and prices are NumPy numbers or
arrays of draws; NaN means not known and travels into every sum that needs it. Columns share flows: what RAG and the
hybrid pay alike is worked out once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from advisorkit.costs.assumption import completed, known
from advisorkit.costs.clock import Clock, Profile, Stairs
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.tokens import Request, requests
from advisorkit.files.texts import Texts
from advisorkit.values.patterns import PATTERNS, PatternId

Column = Literal["today", "prompt", "rag", "finetune", "hybrid", "buy"]
Phase = Literal["build", "run", "change", "error"]
Part = Literal["platform", "corpus", "workflow"]

TEXTS = Texts("costs")
"""Names of components and units by their ids, and what is said of break-evens."""
COLUMNS: tuple[Column, ...] = ("today", *PATTERNS, "buy")
"""Everything that is compared: the four patterns, what is done today, and a bought product."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One thing a column pays for."""

    component_id: str
    """What is paid for, such as ``gpu_rent``; its name stands in the texts."""
    phase: Phase
    """build, run, change (keeping up with the world) or error."""
    part: Part
    """platform and corpus are shared by name across workflows."""
    profile: Profile
    """How it spreads over time."""
    quantity: float
    """How many units, once or in a month of full use; NaN in a simulation, which keeps amounts alone."""
    unit_id: str
    """Unit of `quantity`, such as ``million_tokens``; its name stands in the texts."""
    price: float
    """Price of one unit; NaN in a simulation."""
    inputs: tuple[str, ...]
    """Assumptions behind it; the first one names its source."""
    amount: Any
    """Quantity times price: paid once, or in a month of full use."""
    months: Any
    """Discounted months of full use over the horizon; 1 for what is paid once and for ``stairs``."""
    stairs: Stairs | None = None
    """For profile ``stairs``: how a month's amount follows from its use."""
    summed: Any = None
    """For profile ``stairs``: present value over the horizon."""

    @property
    def known(self) -> bool:
        """Whether its total is known."""
        return known(self.amount) and known(self.months if self.stairs is None else self.summed)

    @property
    def total(self) -> Any:
        """Present value over the horizon."""
        if self.stairs is not None:
            return self.summed
        return self.amount if self.profile == "once" else self.amount * self.months


Flows = tuple[Flow, ...]
ONE = np.float64(1.0)


@dataclass(frozen=True, slots=True)
class Workings:
    """Values with what follows from them: requests, index, time."""

    inputs: Inputs
    """Where the values come from."""
    values: Mapping[str, Any]
    """Numbers or draws by assumption name."""
    requests: Mapping[PatternId, Request]
    """What one call of each pattern takes."""
    clock: Clock
    """Time under these values."""
    store_gb: Any
    """Size of the search index in GB."""
    calls: Any
    """Calls a month of full use, retries included."""
    items: Any
    """Items of work a month of full use."""

    @property
    def embedding_price(self) -> float:
        """Price of 1M tokens turned into search keys."""
        return self.requests["rag"].embedding_price

    def pays(
        self, component_id: str, phase: Phase, profile: Profile, quantity: Any, unit_id: str, price: Any, *inputs: str,
        part: Part = "workflow",
    ) -> Flow:
        """A flow whose amount and total follow from quantity, price and profile."""
        shown, months = (single(quantity), unit_id, single(price)), self.clock.months[profile]
        return Flow(component_id, phase, part, profile, *shown, inputs, quantity * price, months)


def scene(inputs: Inputs, values: Mapping[str, Any], clock: Clock | None = None, corpus: Any = None) -> Workings:
    """Work out requests, index and time from likely values or from draws.

    Args:
        inputs: Words and prices.
        values: Numbers or draws by assumption name.
        clock: Time, where it is not to follow from `values`.
        corpus: Whether the prompt carries all reference text, where that is not to follow from `inputs`.
    """
    v = completed(values)
    size = index_gb(v["corpus_tokens"] / v["passage_tokens"], v["embedding_dimensions"], v["metadata_bytes"])
    return Workings(
        inputs, v, requests(inputs, v, corpus), clock or Clock.of(v, inputs.months, inputs.whole("switch_month")), size,
        v["calls_per_month"] * (1 + v["retry_share"]), v["calls_per_month"] / v["calls_per_item"],
    )


def index_gb(passages: Any, dimensions: Any, metadata_bytes: Any) -> Any:
    """Size of a search index in GB (10^9 bytes): four bytes a number, and what is kept beside each key.

    Example:
        >>> index_gb(500_000, 768, 500)
        1.786
    """
    return passages * (4 * dimensions + metadata_bytes) / 1e9


def read_units(gb: Any) -> Any:
    """Read units of one query: one for each GB searched, at least 0.25.

    Example:
        >>> float(read_units(0.1)), float(read_units(2.0))
        (0.25, 2.0)
    """
    return np.maximum(gb, 0.25)


def single(value: Any) -> float:
    """A single number; NaN for draws."""
    return math.nan if getattr(value, "ndim", 0) else float(value)


def build_days(here: Workings, pattern: PatternId) -> Any:
    """Engineer days to build a pattern, systems to connect included."""
    v = here.values
    further = np.maximum(v["integration_count"] - 1, 0) * v["days_per_system"]
    rag, tune = v["build_days_rag"] * v["overrun"], v["build_days_finetune"] * v["overrun"]
    by_pattern = {
        "prompt": v["build_days_prompt"] * v["overrun"], "rag": rag, "finetune": tune,
        "hybrid": (rag + tune) * (1 + v["integration_share"]),
    }
    return by_pattern[pattern] + further


def training_millions(here: Workings) -> Any:
    """Millions of training tokens of one run."""
    v = here.values
    examples = np.maximum(v["labels_wanted"], v["labelled_examples"])
    return examples * here.requests["finetune"].example_tokens * v["training_passes"] / 1e6
