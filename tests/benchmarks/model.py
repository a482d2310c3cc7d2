"""How fast and how exact the cost model is, beside a plain Python loop and beside squigglepy.

Runs of the three are interleaved, so that a busy machine slows all alike; medians of CPU time are reported. The squigglepy
comparison is left out, and said so, where it is not installed (``pip install squigglepy``).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
import plain_model
from priced import engagement, inputs

from advisorkit.costs.columns import columns
from advisorkit.costs.facts import Costing
from advisorkit.costs.flows import scene
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.simulation import price, total
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS

SCREEN, REPORT, REFERENCE, BLOCK = 2**14, 2**16, 2**20, 2**16
LOOPED, SQUIGGLED = 200, 20
SCRAMBLES = 16


def priced() -> Inputs:
    """Four patterns, 36 months, everything a client may know left as a range."""
    made = inputs()
    assert len(made.uncertain) >= 30
    assert made.months == 36
    return made


def model_only(made: Inputs, values: dict[str, Any]) -> dict[str, Any]:
    paid = columns(scene(made, values))
    return {pattern: total(paid[pattern]) for pattern in PATTERNS}


def plain_loop(made: Inputs, values: dict[str, Any], draws: int) -> None:
    words = plain_model.words(made, corpus_in_prompt=False)
    for index in range(draws):
        one = {name: float(value[index]) if np.ndim(value) else float(value) for name, value in values.items()}
        plain_model.totals(one, words)


def squiggled(made: Inputs, draws: int) -> Callable[[], Any] | None:
    """The same plain model the way squigglepy is meant to be written: distributions sampled inside a function."""
    if importlib.util.find_spec("squigglepy") is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import squigglepy as sq
    words, likely = plain_model.words(made, corpus_in_prompt=False), made.likely()
    ranges = {name: row.range for name in made.uncertain if (row := made.rows[name]).range}
    spread = {name: sq.to(max(r.low, 1e-6), r.high) if r.low >= 0 else sq.norm(r.low, r.high) for name, r in ranges.items()}

    def once() -> float:
        values = {name: float(value) for name, value in likely.items()} | {name: sq.sample(dist) for name, dist in spread.items()}
        return plain_model.totals(values, words)["rag"]

    return lambda: sq.sample(once, n=draws)


def seconds(work: Callable[[int], Any], seed: int) -> float:
    start = time.process_time()
    work(seed)
    return time.process_time() - start


def timed(made: Inputs, rounds: int) -> dict[str, Any]:
    values = made.draw(SCREEN, 1)
    squiggle = squiggled(made, SQUIGGLED)
    whole = engagement()
    works: dict[str, Callable[[int], Any]] = {
        "screen": lambda seed: price(made, SCREEN, seed=seed),
        "report": lambda seed: price(made, REPORT, seed=seed),
        "sample_and_price": lambda seed: model_only(made, made.draw(SCREEN, seed)),
        "model": lambda _: model_only(made, values),
        "loop": lambda _: plain_loop(made, values, LOOPED),
        "facts": lambda seed: Costing(made, seed=seed).today,
        "advice": lambda _: Study(whole, whole.workflows[0]),
    }
    if squiggle:
        works["squigglepy"] = lambda _: squiggle()
    for work in (works["screen"], works["advice"]):
        work(0)
    found: dict[str, list[float]] = {name: [] for name in works}
    for seed in range(rounds):
        for name, work in works.items():
            found[name].append(seconds(work, seed))
    return {name: statistics.median(times) for name, times in found.items()}


def p90_error(made: Inputs) -> float:
    """Root mean square error of P90 at 2^16, worst of the four patterns, over 16 scrambles, against 2^20 draws."""
    reference = p90(made, REFERENCE, 10**6)
    found = np.array([p90(made, REPORT, seed) for seed in range(SCRAMBLES)])
    return float(np.max(np.sqrt(np.mean((found / reference - 1) ** 2, axis=0))))


def p90(made: Inputs, draws: int, seed: int) -> Any:
    values = made.draw(draws, seed)
    parts: list[list[Any]] = []
    for start in range(0, draws, BLOCK):
        cut = {name: value[start : start + BLOCK] if np.ndim(value) else value for name, value in values.items()}
        parts.append([np.broadcast_to(t, BLOCK) for t in model_only(made, cut).values()])
    return np.quantile(np.concatenate(parts, axis=1), 0.9, axis=1)


def figures(rounds: int) -> dict[str, Any]:
    made = priced()
    medians = timed(made, rounds)
    per_draw = medians["model"] / SCREEN
    squiggled_draw = medians["squigglepy"] / SQUIGGLED if "squigglepy" in medians else None
    return {
        "uncertain_inputs": len(made.uncertain), "patterns": len(PATTERNS), "months": made.months, "rounds": rounds,
        "screen_draws": SCREEN, "screen_ms": 1000 * medians["screen"], "report_draws": REPORT, "report_ms": 1000 * medians["report"],
        "model_ms": 1000 * medians["model"], "sample_and_price_ms": 1000 * medians["sample_and_price"],
        "facts_ms": 1000 * medians["facts"], "advice_ms": 1000 * medians["advice"], "python_loop_ratio": medians["loop"] / LOOPED / per_draw,
        "squigglepy_ratio": None if squiggled_draw is None else squiggled_draw / per_draw,
        "squigglepy_sampling_ratio": None if squiggled_draw is None else squiggled_draw / (medians["sample_and_price"] / SCREEN),
        "squigglepy_everything_ratio": None if squiggled_draw is None else squiggled_draw / (medians["screen"] / SCREEN),
        "p90_rms_error": p90_error(made),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    found = figures(options.rounds)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28} {value:,.4g}" if isinstance(value, float) else f"{name:28} {value}")


if __name__ == "__main__":
    main()
