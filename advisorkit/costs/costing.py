"""What the facts of one workflow would be if some of its answers were others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from advisorkit.costs.facts import CostFacts, Drawn, drawn_for_facts, facts_of
from advisorkit.costs.inputs import Inputs, revised
from advisorkit.values.engagement import Answer, Engagement, Workflow

_BESIDE = frozenset({
    "value_right", "cost_wrong", "retrieval_removes", "training_removes", "review_share", "corpus_change_share",
})
"""Assumptions that no fact reads: they price wrong answers, checks and changed documents."""


@dataclass(frozen=True)
class Costing:
    """The cost model of one workflow, ready to be asked again."""

    engagement: Engagement
    """The client's file."""
    workflow: Workflow
    """One of its workflows, with what a pilot measured."""
    inputs: Inputs
    """Its inputs today."""

    @cached_property
    def feeds(self) -> frozenset[str]:
        """Criteria whose answers some fact may depend on."""
        rows = (row.assumption for row in self.inputs.rows.values())
        return frozenset(row.fed_by for row in rows if row.fed_by and row.name not in _BESIDE) | {"facts_in_request"}

    @cached_property
    def today(self) -> CostFacts:
        """The facts as things stand.

        Raises:
            PriceError: If a price or rate is not known.
        """
        return facts_of((self.inputs,), self.inputs, self._drawn)[0]

    @cached_property
    def _drawn(self) -> Drawn:
        return drawn_for_facts(self.inputs)

    def facts(self, changes: Sequence[Mapping[str, Answer]]) -> tuple[CostFacts, ...]:
        """The facts under each set of changed answers: today's where no input changes."""
        told = revised(self.inputs, self.engagement, self.workflow, changes)
        other = [inputs for inputs in told if inputs is not self.inputs]
        left = iter(facts_of(other, self.inputs, self._drawn))
        return tuple(self.today if inputs is self.inputs else next(left) for inputs in told)
