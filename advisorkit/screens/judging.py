"""Everything computed about one workflow, each part once and only when somebody looks."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.costs.bill import bill
from advisorkit.costs.results import CostResult
from advisorkit.costs.simulation import price
from advisorkit.pilots.established import Established
from advisorkit.report.view import View
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import Study, study
from advisorkit.values.engagement import Engagement


class Judged:
    """One workflow of an engagement, judged; equal inputs give equal results."""

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
