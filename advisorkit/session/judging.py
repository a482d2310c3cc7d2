"""Everything computed about one workflow, each part once and only when somebody looks."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

from advisorkit.catalog import load as load_catalog
from advisorkit.costs import bill
from advisorkit.engagement import Engagement
from advisorkit.pilot import Established
from advisorkit.piloting import pilots_of
from advisorkit.report import View
from advisorkit.study import Study, study
from advisorkit.uncertainty import CostResult, price

__all__ = ["Judged"]


class Judged:
    """One workflow of an engagement, judged; equal inputs give equal results.

    Raises:
        EngagementError: When a part is asked for that an assumption of the file does not fit.
        PriceError: When a price or an exchange rate is not known.
        PilotError: When marked results cannot be read.
    """

    def __init__(self, engagement: Engagement, workflow: str, file: Path) -> None:
        self.engagement = engagement
        self.workflow = engagement.workflow(workflow)
        self._file = file

    @cached_property
    def pilot(self) -> Established | None:
        """What its marked pilots establish; None when it has none."""
        if not self.workflow.pilots:
            return None
        return pilots_of(replace(self.engagement, workflows=(self.workflow,)), self._file).get(self.workflow.id)

    @cached_property
    def study(self) -> Study:
        """Inputs, computed facts and advice."""
        return study(self.engagement, self.workflow, self.pilot)

    @cached_property
    def cost(self) -> CostResult:
        """Ranges over the live number of draws, for the patterns that are not ruled out."""
        found = self.study.advice.patterns
        return price(self.study.inputs, among=tuple(p for p in found if found[p].status != "ruled_out"))

    @property
    def finished(self) -> bool:
        """Whether everything has been worked out."""
        return "view" in self.__dict__

    @cached_property
    def view(self) -> View:
        """All of it, as reports and screens take it."""
        return View(load_catalog(), self.study, bill(self.study.inputs), self.cost)
