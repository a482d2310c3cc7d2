"""The one file that a template is given: an engagement and how its report is to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from advisorkit import store
from advisorkit.blocks import Block
from advisorkit.brand import Brand
from advisorkit.catalog import load as load_catalog
from advisorkit.costs import bill
from advisorkit.engagement import Engagement
from advisorkit.errors import UsageError
from advisorkit.patterns import PATTERNS
from advisorkit.pilot import Established
from advisorkit.report.view import View
from advisorkit.report.whole_pages import cover, method, overview
from advisorkit.study import Study, studies
from advisorkit.uncertainty import DRAWS, SEED, price

__all__ = ["Report", "job_document", "make_report", "open_job", "write_job"]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a template's cells show."""

    workflows: tuple[View, ...]
    """One view a workflow, in the engagement's order."""
    brand: Brand
    """The sender's brand."""

    @property
    def cover(self) -> tuple[Block, ...]:
        """The cover."""
        return cover(self.workflows, self.brand)

    @property
    def overview(self) -> tuple[Block, ...]:
        """All workflows in one table; nothing when there is only one."""
        return overview(self.workflows)

    @property
    def method(self) -> tuple[Block, ...]:
        """How the advice is worked out."""
        return method(self.workflows)


def job_document(
    engagement: Engagement, *, scenario: str = "", draws: int = DRAWS, seed: int = SEED, brand: Brand | None = None, workflows: tuple[str, ...] = (),
) -> str:
    """The job as JSON text, the same for the same values.

    Args:
        engagement: The client's file.
        scenario: Scenario laid over it; empty for the base case.
        draws: Draws of the cost ranges, a power of two.
        seed: Seed of those draws.
        brand: The sender's brand.
        workflows: Ids of the workflows to report on; empty for all.

    Raises:
        UsageError: If the scenario or a workflow does not exist.
    """
    if scenario:
        engagement.under(scenario)
    for id in workflows:
        engagement.workflow(id)
    options = {"scenario": scenario, "draws": draws, "seed": seed, "brand": asdict(brand or Brand()), "workflows": list(workflows)}
    return json.dumps({"engagement": json.loads(store.to_json(engagement)), "options": options}, ensure_ascii=False, indent=1)


def write_job(path: str | Path, engagement: Engagement, **options: Any) -> None:
    """Write a job file; options as for `job_document`."""
    Path(path).write_text(job_document(engagement, **options), encoding="utf-8")


def open_job(path: str) -> Report:
    """Read a job file and work out its report.

    Raises:
        UsageError: If no job is given or the file is not one.
        EngagementError: If its engagement has faults.
        PriceError: If a price or an exchange rate is not known.
    """
    if not path:
        raise UsageError("this template has no job yet: set job to the path of a file made by write_job, or run 'advisorkit report FILE'")
    try:
        job = json.loads(Path(path).read_text(encoding="utf-8"))
        engagement, options = job["engagement"], job["options"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a job file made by write_job: {error}") from None
    return make_report(store.from_json(json.dumps(engagement)), **{**options, "brand": Brand(**options["brand"])})


def make_report(
    engagement: Engagement, *, scenario: str = "", draws: int = DRAWS, seed: int = SEED, brand: Brand | None = None,
    workflows: tuple[str, ...] = (), pilots: Mapping[str, Established] | None = None,
) -> Report:
    """Work out the report of an engagement; options as for `job_document`.

    Raises:
        UsageError: If the scenario or a workflow does not exist.
        EngagementError: If an assumption is unknown or does not fit.
        PriceError: If a price or an exchange rate is not known.
    """
    base = engagement.under(scenario) if scenario else engagement
    found = studies(base, pilots, workflows)
    return Report(tuple(view_of(study, draws, seed) for study in found), brand or Brand())


def view_of(study: Study, draws: int = DRAWS, seed: int = SEED) -> View:
    """One workflow's view with its bill and cost ranges."""
    left = tuple(p for p in PATTERNS if study.advice.patterns[p].status != "ruled_out")
    return View(load_catalog(), study, bill(study.inputs), price(study.inputs, draws, seed, left or PATTERNS))
