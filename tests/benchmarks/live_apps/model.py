"""The mini-app that every route shows: one control; a card, two charts and a table that follow it."""

from __future__ import annotations

from dataclasses import dataclass

MONTHS = tuple(float(month) for month in range(0, 37, 3))
PATTERNS = (("rag", "RAG", 20.0, 3.0), ("hybrid", "Hybrid", 50.0, 3.6), ("prompt", "Prompt", 5.0, 5.0))
"""Id, name, build and monthly cost at a price of 1, in thousands; invented, and cheap to work out on purpose."""
START = 40


@dataclass(frozen=True)
class Result:
    """What the screen shows for one price."""

    price: int
    ranges: dict[str, tuple[float, float, float]]
    curves: dict[str, tuple[float, ...]]
    card: str
    table: list[list[str]]


def work_out(price: int) -> Result:
    curves = {id: tuple(build + month * monthly * price / 40 for month in MONTHS) for id, _, build, monthly in PATTERNS}
    ranges = {id: (values[-1] * 0.7, values[-1], values[-1] * 1.5) for id, values in curves.items()}
    first = min(ranges, key=lambda id: ranges[id][1])
    names = {id: name for id, name, *_ in PATTERNS}
    table = [[names[id], *(f"{value:.1f}" for value in ranges[id])] for id in ranges]
    return Result(price, ranges, curves, f"{names[first]} costs {ranges[first][1]:.1f} at {price}", table)
