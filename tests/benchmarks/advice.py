"""How fast a full advice is in a warm process, and how it grows with the number of workflows."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import replace
from typing import Any

from advisorkit.advice import advise
from advisorkit.calibration import shipped_cases
from advisorkit.catalog import load
from advisorkit.engagement import Engagement
from advisorkit.evidence import Facts
from advisorkit.store import read, samples
from advisorkit.study import study

TARGET_MS = 20.0
"""Median that a full advice may take: evidence, gates, flips, next questions, acceptability, similar deployments, words."""
PORTFOLIO = 1000
"""Workflows of the larger portfolio."""


def prepared() -> tuple[Engagement, tuple[Facts, ...]]:
    """The first sample with the facts of its cost model, which are not part of what is timed."""
    engagement = read(samples.path(samples.names()[0]))
    return engagement, tuple(study(engagement, workflow).facts for workflow in engagement.workflows)


def seconds(engagement: Engagement, facts: tuple[Facts, ...], count: int) -> list[float]:
    """Seconds of computing for each of `count` advices, workflows in turn, each under an id of its own."""
    taken = []
    for place in range(count):
        workflow = replace(engagement.workflows[place % len(engagement.workflows)], id=f"workflow-{place}")
        start = time.perf_counter()
        advise(load(), engagement, workflow, facts[place % len(facts)], cases=shipped_cases())
        taken.append(time.perf_counter() - start)
    return taken


def figures(portfolio: int = PORTFOLIO) -> dict[str, Any]:
    """Median and 95th percentile in milliseconds, and the time for each of many workflows over that for each of a tenth of them."""
    engagement, facts = prepared()
    seconds(engagement, facts, 2 * len(facts))
    few, many = seconds(engagement, facts, portfolio // 10), seconds(engagement, facts, portfolio)
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
