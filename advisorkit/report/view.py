"""Everything that a report says of one workflow, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from advisorkit.advice.advice import Advice
from advisorkit.charts.kinds import Point
from advisorkit.costs.bill import Bill
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.results import CostResult
from advisorkit.report.printed import name_of
from advisorkit.study.study import Study
from advisorkit.values.criteria import Catalog
from advisorkit.values.engagement import Answer, Engagement, Workflow


@dataclass(frozen=True, slots=True)
class View:
    """One workflow of an engagement with its advice and costs."""

    catalog: Catalog
    """What the engine knows."""
    study: Study
    """Its inputs, computed facts and advice."""
    bill: Bill
    """Its bill at likely values."""
    costs: CostResult
    """Its costs in ranges."""

    @property
    def engagement(self) -> Engagement:
        """The client's file."""
        return self.study.engagement

    @property
    def workflow(self) -> Workflow:
        """The workflow."""
        return self.study.workflow

    @property
    def advice(self) -> Advice:
        """The advice on it."""
        return self.study.advice

    @property
    def inputs(self) -> Inputs:
        """What its costs rest on."""
        return self.study.inputs

    @property
    def answers(self) -> Mapping[str, Answer]:
        """Every answer that holds, a pilot's findings in place of opinions."""
        pilot = self.study.pilot
        return {**self.engagement.answers_of(self.workflow), **(pilot.answers if pilot else {})}

    @property
    def draws(self) -> tuple[Point, ...]:
        """Beliefs over unknown answers and weights, 0..1 each."""
        return self.advice.beliefs

    @property
    def currency(self) -> str:
        """ISO code of all money."""
        return self.engagement.currency

    @property
    def months(self) -> int:
        """Horizon in months."""
        return self.inputs.months

    @property
    def as_of(self) -> date:
        """Day of the advice."""
        return self.engagement.as_of

    def name(self, pattern: str) -> str:
        """Name of a pattern on screen."""
        return name_of(self.catalog, pattern)
