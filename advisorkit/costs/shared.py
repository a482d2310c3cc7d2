"""Several workflows together: what is built for all is paid once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisorkit.costs.bill import Bill, Line
from advisorkit.costs.flows import Column, Phase
from advisorkit.values.errors import PriceError


@dataclass(frozen=True, slots=True)
class Chosen:
    """One workflow and the column taken for it."""

    bill: Bill
    """Its bill."""
    column: Column
    """The pattern (or today, or buy) taken for it."""
    corpus: str = ""
    """Name of its body of documents; empty when it is its own."""


@dataclass(frozen=True, slots=True)
class SharedLine:
    """A line of the portfolio with the workflows that use it."""

    line: Line
    """The line; where several workflows share it, the dearest of theirs."""
    workflows: tuple[str, ...]
    """Ids of the workflows behind it."""
    corpus: str
    """Body of documents it belongs to; empty for other parts."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All workflows of a file: platform lines stand once, corpus lines once for each body of documents."""

    currency: str
    """Currency of all amounts."""
    lines: tuple[SharedLine, ...]
    """Platform first, then corpora, then workflows."""
    alone: float | None
    """What the workflows would cost if each paid for everything; None when a cost is not known."""

    def total(self, *phases: Phase) -> float | None:
        """Sum of the lines, of `phases` only when given; unknown wrong answers are left out, other unknowns make it None."""
        lines = [shared.line for shared in self.lines]
        return _sum(line.amount for line in lines if _counts(line, phases))

    @property
    def saved_by_sharing(self) -> float | None:
        """What sharing saves; None when a cost is not known."""
        total = self.total()
        return None if total is None or self.alone is None else self.alone - total


def portfolio(chosen: Sequence[Chosen]) -> Portfolio:
    """Put the chosen columns of several workflows together.

    A platform line is shared by component across all workflows, a corpus line by component and the corpus's name. When
    workflows would pay different amounts for what they share, the dearest counts: it serves the others too.
    """
    currencies = {one.bill.currency for one in chosen}
    if len(currencies) != 1:
        raise PriceError(f"a portfolio needs bills in one currency, not in {', '.join(sorted(currencies)) or 'none'}")
    users: dict[tuple[str, ...], list[tuple[Line, Chosen]]] = {}
    for one in chosen:
        for line in one.bill.of(one.column):
            users.setdefault(_key(line, one), []).append((line, one))
    order = {"platform": 0, "corpus": 1, "workflow": 2}
    lines = sorted((_shared(sharing) for sharing in users.values()), key=lambda shared: order[shared.line.part])
    return Portfolio(currencies.pop(), tuple(lines), _sum(one.bill.total(one.column) for one in chosen))


def _key(line: Line, one: Chosen) -> tuple[str, ...]:
    if line.part == "platform":
        return ("platform", line.component)
    if line.part == "corpus" and one.corpus:
        return ("corpus", one.corpus, line.component)
    return ("workflow", one.bill.workflow, line.part, line.component)


def _shared(sharing: Sequence[tuple[Line, Chosen]]) -> SharedLine:
    lines = [line for line, _ in sharing]
    dearest = next((line for line in lines if line.amount is None), None) or max(lines, key=lambda line: line.amount or 0.0)
    corpus = sharing[0][1].corpus if dearest.part == "corpus" else ""
    return SharedLine(dearest, tuple(one.bill.workflow for _, one in sharing), corpus)


def _counts(line: Line, phases: tuple[Phase, ...]) -> bool:
    if phases:
        return line.phase in phases
    return line.phase != "error" or line.amount is not None


def _sum(amounts: Iterable[float | None]) -> float | None:
    known = list(amounts)
    return None if None in known else math.fsum(amount for amount in known if amount is not None)
