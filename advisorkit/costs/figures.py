"""The figures that a result tells as ranges, draw by draw. What is not known is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from advisorkit.costs.facts import per_call, whole_corpus_call
from advisorkit.costs.flows import Column, Flow, Workings
from advisorkit.costs.sampling import known
from advisorkit.values.patterns import PATTERNS

Key = tuple[str, ...]
"""A column and a figure's name; two patterns; or ``line``, a column and a component."""
Paid = Mapping[Column, Sequence[Flow]]


def figures(here: Workings, paid: Paid, totals: Mapping[Column, Any]) -> Iterator[tuple[Key, Any]]:
    """Draws of every figure that is known, one after the other, so that not all of them need be held.

    Args:
        here: Values and what follows from them.
        paid: What each column pays for.
        totals: Present value of each column whose costs are known.
    """
    return ((key, amount) for key, amount in _all(here, paid, totals) if known(amount))


def _all(here: Workings, paid: Paid, totals: Mapping[Column, Any]) -> Iterator[tuple[Key, Any]]:
    for column, flows in paid.items():
        for name, amount in _of_column(here, column, paid, totals.get(column, np.float64(np.nan))):
            yield (column, name), amount
        yield from ((key, flow.total) for key, flow in zip(line_keys(paid)[column], flows, strict=True) if key[1] == column and flow.known)
    yield from (((a, b), totals[a] - totals[b]) for a, b in combinations(PATTERNS, 2) if a in totals and b in totals)
    if here.inputs.known("corpus_tokens") is not None and not here.requests["rag"].on_gpu:
        corpus = whole_corpus_call(here)
        yield ("corpus", "call"), corpus
        yield ("corpus", "ratio"), corpus / per_call(here, "rag")


def line_keys(paid: Paid) -> dict[Column, tuple[Key, ...]]:
    """Key of every line of every column; a line that columns share has the key of the first."""
    owner: dict[int, Key] = {}
    return {
        column: tuple(owner.setdefault(id(flow), ("line", column, flow.component)) for flow in flows) for column, flows in paid.items()
    }


def gain(here: Workings, column: Column) -> tuple[Any, bool]:
    """What a month of full use saves against today, NaN without today's figures, and whether wrong answers are counted."""
    v = here.values
    work = here.items * v["share_taken"] * v["minutes_saved"] / 60 * v["hourly_cost"]
    avoided = here.items * v["error_rate_today"] * v["cost_wrong"]
    counted = known(work) and known(avoided) and known(v[f"error_rate_{column}"])
    return work + avoided if counted else work, counted


def _of_column(here: Workings, column: Column, paid: Paid, everything: Any) -> Iterator[tuple[str, Any]]:
    flows = paid[column]

    def month(*phases: str) -> Any:
        return sum((flow.amount for flow in flows if flow.phase in phases), np.float64(0.0))

    errors, right = month("error"), _right_answers(here, column)
    yield from (("build", month("build")), ("run_per_month", month("run", "change")), ("errors_per_month", errors), ("total", everything))
    if column in PATTERNS:
        yield "per_call", per_call(here, column)
    if np.all(right > 0):
        yield "per_right_answer", everything / right
    if known(errors):
        yield "net_value", right * here.values["value_right"] - everything
    if column != "today":
        yield from _against_today(here, column, paid, everything)


def _right_answers(here: Workings, column: Column) -> Any:
    months = here.clock.months["work" if column == "today" else "calls"]
    return here.items * months * (1 - here.values[f"error_rate_{column}"])


def _against_today(here: Workings, column: Column, paid: Paid, everything: Any) -> Iterator[tuple[str, Any]]:
    """What is saved less what is paid; what people still cost beside it; and that with what is paid, like for like with today."""
    (saved, counted), wrong, (people, mistakes) = gain(here, column), paid[column][-1], paid["today"]
    costs = everything - wrong.total if wrong.known and not counted else everything
    over = saved * here.clock.months["calls"]
    staying = people.total + (mistakes.total if counted else 0.0) - over
    yield from (("net_benefit", over - costs), ("people_left", staying), ("all_in", staying + costs))
