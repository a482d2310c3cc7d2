"""How fast a full advice is in a warm process, and how it grows with the number of workflows."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import replace
from typing import Any

from advisorkit.advice.advice import advise
from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.catalog.prices import load as load_prices
from advisorkit.catalog.reading import assumptions, load
from advisorkit.costs.facts import Costing
from advisorkit.costs.inputs import inputs_for
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.values.engagement import Engagement

TARGET_MS = 20.0
"""Median that a full advice may take: facts of the cost model, today's and those of each changed answer, evidence, gates, flips,
next questions, acceptability, similar deployments, words."""
PORTFOLIO = 1000
"""Workflows of the larger portfolio."""


def seconds(engagement: Engagement, count: int) -> list[float]:
    """Seconds of computing for each of `count` advices, workflows in turn, each under an id of its own."""
    taken = []
    for place in range(count):
        workflow = replace(engagement.workflows[place % len(engagement.workflows)], id=f"workflow-{place}")
        inputs = inputs_for(engagement, workflow, load_prices(engagement.as_of), assumptions())
        start = time.perf_counter()
        costing = Costing(inputs)
        advise(load(), engagement, workflow, costing.today, cases=shipped_cases(), costing=costing)
        taken.append(time.perf_counter() - start)
    return taken


def figures(portfolio: int = PORTFOLIO) -> dict[str, Any]:
    """Median and 95th percentile in milliseconds, and the time for each of many workflows over that for each of a tenth of them."""
    engagement = read(samples.path(samples.names()[0]))
    seconds(engagement, 2 * len(engagement.workflows))
    few, many = seconds(engagement, portfolio // 10), seconds(engagement, portfolio)
    return {
        "advice_median_ms": round(1000 * statistics.median(many), 2),
        "advice_p95_ms": round(1000 * statistics.quantiles(many, n=20)[-1], 2),
        "advice_target_ms": TARGET_MS,
        "workflows": portfolio,
        "advice_growth": round(statistics.mean(many) / statistics.mean(few), 3),
    }


def main() -> None:
    """Print the figures; ``--json`` as one document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--workflows", type=int, default=PORTFOLIO)
    asked = parser.parse_args()
    found = figures(asked.workflows)
    print(json.dumps(found) if asked.json else "\n".join(f"{name:20} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
