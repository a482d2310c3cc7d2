"""The range of a whole programme: all its workflows on the same draws of what they share, each on draws of its own for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisorkit.costs.columns import columns
from advisorkit.costs.flows import scene
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.money import sums
from advisorkit.costs.results import Figure
from advisorkit.costs.sampling import Array, band, bands
from advisorkit.costs.simulation import SEED
from advisorkit.study.candidates import Candidate
from advisorkit.study.study import Study
from advisorkit.values.quantities import Band

DRAWS = 2**12


@dataclass(frozen=True, slots=True)
class Joint:
    """What a choice comes to together; the work stops where a pilot misses its mark."""

    gain: Band
    """Gain against today over the horizon, what is shared paid once."""
    cost: Band
    """Money that leaves the house from the first pilots to use, what is shared paid once."""
    cash: tuple[Figure, ...]
    """Money that leaves the house in each quarter, for building and running."""
    gained: tuple[Figure, ...]
    """What each quarter gains against today, what is paid for building taken off."""


def joint(studies: Sequence[Study], chosen: Mapping[str, Candidate], starts: Mapping[str, int], saved: tuple[float, float], quarters: int) -> Joint:
    """The ranges of a choice that begins as `starts` says; `saved` is what sharing takes off the gain's costs and off the money to use."""
    gain, cost = np.full(DRAWS + 1, saved[0]), np.full(DRAWS + 1, -saved[1])
    cash, gained = np.zeros((2, quarters, DRAWS + 1))
    for one in studies:
        weighed, first, end = chosen[one.workflow.id], starts[one.workflow.id], one.decision.destination
        inputs, mark = one.inputs.usually_checked, one.prospects.target.share
        here = scene(inputs, drawn(inputs))
        row = sums(here, columns(here), mark)[end]
        met, reach = mark is None or 1 - here.values[f"error_rate_{end}"] >= mark, one.prospects.reach.get(end)
        goes_on = np.append(np.broadcast_to(met, DRAWS + 1)[:-1], 1.0 if reach is None else reach)
        gain += row.get("staged", row["gain"]) - weighed.waiting * first
        once = np.maximum(row["build"] - weighed.ask, 0.0) * goes_on
        cost += weighed.ask + once
        cash[first] += weighed.ask
        built, run = range(first, min(first + weighed.quarters, quarters)), range(first + weighed.quarters, quarters)
        cash[built] += once / weighed.quarters
        cash[run] += row["run"] * goes_on * 3 / one.months
        gained[run] += (row["gain"] + row["build"]) * goes_on * 3 / one.months
        gained[built] -= once / weighed.quarters
        gained[first] -= weighed.ask
    return Joint(band(gain[:-1]), band(cost[:-1]), _figures(cash), _figures(gained))


def _figures(amounts: Array) -> tuple[Figure, ...]:
    return tuple(Figure(likely, one.p10, one.p50, one.p90) for likely, one in zip(amounts[:, -1].tolist(), bands(amounts[:, :-1]), strict=True))


_FOR_ALL = frozenset({"overrun", "growth_per_year", "discount_rate"})
"""What the team and the house bring into every workflow, beside prices and rates."""


def drawn(inputs: Inputs) -> dict[str, Any]:
    """Draws in which prices, rates and `_FOR_ALL` have the order of all workflows, and everything else, or what is said of this one alone, an order of its own; last the likely values."""
    workflow, values = inputs.workflow, inputs.draw(DRAWS, SEED)
    order = np.random.default_rng([SEED, *workflow.id.encode()]).permutation(DRAWS)
    told = {*workflow.workload, *workflow.assumptions, *(name for name, row in inputs.rows.items() if row.assumption.fed_by in workflow.answers)}
    shared = {name for name, row in inputs.rows.items() if "{currency}" in row.assumption.unit or name in _FOR_ALL} - told
    likely = inputs.likely_of(name for name, value in values.items() if np.ndim(value))
    return {name: np.append(value if name in shared else value[order], likely[name]) if name in likely else value for name, value in values.items()}
