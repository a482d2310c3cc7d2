"""How long a list of many workflows takes on two slots, how much memory, and whether Dask gives the same.

``python tests/benchmarks/portfolio.py --rows 1000 [--dask] [--json]``
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from priced import engagement

from advisorkit.batch.forks import FORKS
from advisorkit.batch.runner import weigh_list
from advisorkit.study.programme import Selection
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.people import Programme
from advisorkit.values.quantities import Estimate


def listed(rows: int) -> Engagement:
    """So many workflows of different size; every tenth is a name alone, every fourth has texts of its own."""
    base = engagement({}, {})

    def one(n: int) -> Workflow:
        known = {"calls_per_month": 400.0 * (n % 40 + 1) + n / 100, "cost_wrong": 5.0 + n % 4} | ({"corpus_tokens": 300_000.0} if n % 4 == 0 else {})
        figures = {"minutes_per_item": 9.0 + n % 5, "hourly_cost": 38.0 + n % 3, "error_rate_today": 0.05}
        if n % 10 == 9:
            return Workflow(f"idea-{n}", f"Idea {n}")
        answers = {name: Answer(amount=Estimate.of(value)) for name, value in known.items()}
        return Workflow(f"idea-{n}", f"Idea {n}", answers, assumptions={name: Estimate.of(value) for name, value in figures.items()})

    return replace(base, workflows=tuple(map(one, range(rows))), programme=Programme(budget=120_000.0, people_per_quarter={"engineers": 60.0}, quarters=3))


def measured(rows: int, *, dask: bool) -> dict[str, Any]:
    """Seconds, processor seconds and megabytes."""
    found, seen = listed(rows), list[int]()
    began = time.monotonic()
    weighed = weigh_list(found, {}, tick=lambda done, _: seen.append(done))
    wall = time.monotonic() - began
    FORKS.close()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    megabytes = {name: resource.getrusage(who).ru_maxrss / 1024 for name, who in (("driver", resource.RUSAGE_SELF), ("child", resource.RUSAGE_CHILDREN))}
    chosen, began = Selection(found, weighed), time.monotonic()
    made = chosen.chosen
    told: dict[str, Any] = {
        "rows": rows, "seconds": wall, "processor_seconds": spent.ru_utime + spent.ru_stime, "megabytes": megabytes, "told_of_progress": len(seen),
        "solver_seconds": time.monotonic() - began, "chosen": len(made.starts), "gap": made.gap,
    }
    return told | ({"dask_the_same": weigh_list(found, {}, "dask") == weighed} if dask else {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--dask", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    told = measured(asked.rows, dask=asked.dask)
    print(json.dumps(told, indent=2) if asked.json else "\n".join(f"{name}: {value}" for name, value in told.items()))
