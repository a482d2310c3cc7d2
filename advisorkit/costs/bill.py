"""A bill: lines at likely values, and totals that are sums of lines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from advisorkit.costs.columns import columns
from advisorkit.costs.flows import Column, Flow, Part, Phase, Workings, scene
from advisorkit.costs.inputs import Inputs


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: ``amount = quantity × price × months``."""

    column: Column
    """Pattern, today or buy."""
    component: str
    """What is paid for."""
    phase: Phase
    """build, run, change or error."""
    part: Part
    """platform, corpus or workflow."""
    quantity: float | None
    """Units, once or in a month of full use; None when not known."""
    unit: str
    """Unit of `quantity`."""
    price: float | None
    """Price of one unit in the bill's currency."""
    months: float | None
    """Discounted months of full use over the horizon; 1 for what is paid once."""
    amount: float | None
    """Present value over the horizon; None when not known."""
    source: str
    """Where the price or the leading assumption comes from."""
    inputs: tuple[str, ...]
    """Assumptions behind it."""


@dataclass(frozen=True, slots=True)
class Bill:
    """All lines of all columns for one workflow."""

    workflow: str
    """Workflow id."""
    currency: str
    """Currency of all amounts."""
    horizon_months: int
    """Months that the amounts cover."""
    lines: tuple[Line, ...]
    """By column, in the order of a bill."""

    def of(self, column: Column) -> tuple[Line, ...]:
        """Lines of one column."""
        return tuple(line for line in self.lines if line.column == column)

    def total(self, column: Column, *phases: Phase) -> float | None:
        """Sum of the column's lines, of `phases` only when given.

        Without phases a line of phase error that is not known is left out (see `errors_known`). Any other line that is
        not known makes the total not known: None.
        """
        amounts = [
            line.amount for line in self.of(column)
            if (not phases or line.phase in phases) and (phases or line.phase != "error" or line.amount is not None)
        ]
        return None if None in amounts else math.fsum(a for a in amounts if a is not None)

    def errors_known(self, column: Column) -> bool:
        """Whether every line of phase error has an amount."""
        return all(line.amount is not None for line in self.of(column) if line.phase == "error")


def bill(inputs: Inputs) -> Bill:
    """The bill of one workflow at likely values."""
    here = scene(inputs, inputs.likely())
    lines = (line_of(here, column, flow) for column, paid in columns(here).items() for flow in paid)
    return Bill(inputs.workflow, inputs.currency, inputs.months, tuple(lines))


def line_of(here: Workings, column: Column, flow: Flow) -> Line:
    """The line of one flow at likely values."""
    quantity, price = _known(flow.quantity), _known(flow.price)
    amount = _known(flow.total)
    months = None if amount is None else _months(flow, amount)
    return Line(
        column, flow.component, flow.phase, flow.part, quantity, flow.unit, price, months, amount,
        _source(here.inputs, flow.inputs), flow.inputs,
    )


def _months(flow: Flow, amount: float) -> float:
    if flow.stairs is None:
        return float(flow.months)
    return amount / float(flow.amount) if flow.amount else 0.0


def _known(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return None if math.isnan(number) else number


def _source(inputs: Inputs, names: Iterable[str]) -> str:
    row = inputs.rows[next(iter(names))]
    if row.assumption.kind == "model":
        named = [f"{row.value}/{part}" for part in ("input", "output", "cache_read", "cache_write")]
        return "; ".join(dict.fromkeys(inputs.book.prices[name].source for name in named if name in inputs.book.prices))
    return row.source
