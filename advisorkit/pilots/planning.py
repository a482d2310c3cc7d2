"""Before the pilot: how many cases to mark, and which share right will be enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from advisorkit.costs.inputs import Inputs
from advisorkit.files.texts import Texts
from advisorkit.pilots.tally import wilson
from advisorkit.pilots.terms import PilotSize, Terms, best_size, evpi, sizes_valued, terms_for
from advisorkit.values.criteria import Rules
from advisorkit.values.patterns import PatternId
from advisorkit.values.quantities import money, percent

_say = Texts("pilots").say


@dataclass(frozen=True, slots=True)
class Width:
    """How far a pilot of one size narrows the share right, when it comes out as expected."""

    n: int
    """Cases marked."""
    low: float
    """Lower end of the 95 % Wilson interval, 0 to 1."""
    high: float
    """Upper end, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The pilot advised for one workflow."""

    workflow: str
    """Workflow id."""
    pattern: PatternId
    """What is to be piloted."""
    currency: str
    """Currency of all money."""
    terms: Terms
    """Target, money at stake, belief before the pilot."""
    evpi: float | None
    """Most that any test can be worth, in money; None when no money is known."""
    sizes: tuple[PilotSize, ...]
    """Value and cost by size; empty when no money is known."""
    widths: tuple[Width, ...]
    """Precision by size."""
    mark: int
    """Cases to mark."""
    mark_twice: int
    """Cases of these that a second person marks."""
    basis: Literal["money", "precision", "least"]
    """Why so many: worth their cost, precise enough, or the least that shows why answers fail."""
    why: str
    """The reason in a client's words."""


def pilot_plan(inputs: Inputs, rules: Rules, pass_mark: float | None = None, pattern: PatternId = "prompt") -> Plan:
    """How many cases of a workflow to mark, by money where it is known and by precision otherwise."""
    terms = terms_for(inputs, rules, pass_mark, pattern)
    stakes, target = terms.stakes, terms.target
    valued = sizes_valued(terms.expected, stakes, rules.sizes, target) if stakes else ()
    widths = tuple(Width(n, *wilson(terms.expected.mean * n, n)) for n in rules.sizes)
    mark, basis = _size(terms, valued, widths, rules)
    return Plan(
        workflow=inputs.workflow,
        pattern=pattern,
        currency=inputs.currency,
        terms=terms,
        evpi=evpi(terms.expected, stakes, target) if stakes else None,
        sizes=valued,
        widths=widths,
        mark=mark,
        mark_twice=math.ceil(mark * rules.double_marked),
        basis=basis,
        why=_why(mark, basis, inputs.currency, valued, terms),
    )


def _size(
    terms: Terms, valued: tuple[PilotSize, ...], widths: tuple[Width, ...], rules: Rules,
) -> tuple[int, Literal["money", "precision", "least"]]:
    if terms.stakes is not None and not terms.strict:
        best = best_size(valued)
        return (max(best.n, rules.least_cases), "money") if best else (rules.least_cases, "least")
    fine = [width.n for width in widths if (width.high - width.low) / 2 <= rules.half_width]
    return (fine[0] if fine else rules.sizes[-1]), "precision"


def _why(mark: int, basis: str, currency: str, valued: tuple[PilotSize, ...], terms: Terms) -> str:
    needed = _say("plan.never") if terms.never else _say("plan.needed", target=percent(terms.target))
    if basis == "money":
        size = next(size for size in valued if size.n == mark)
        return _say("plan.money", needed=needed, cases=mark, worth=money(size.value, currency), cost=money(size.cost, currency))
    low, high = wilson(terms.expected.mean * mark, mark)
    return _say(f"plan.{basis}", needed=needed, cases=mark, points=round(50 * (high - low)))
