"""A workflow worked out from the top: inputs, computed facts and advice, the same for every screen and file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from advisorkit.advice.advice import Advice, advise
from advisorkit.advice.reopening import Reopened, reopen_checks
from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.catalog.price_rows import load as load_prices
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.catalog.tables import assumptions, rules
from advisorkit.costs.costing import Costing
from advisorkit.costs.facts import CostFacts
from advisorkit.costs.inputs import Inputs, inputs_for
from advisorkit.pilots.established import Established
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.patterns import PatternId


@dataclass(frozen=True, slots=True)
class Study:
    """One workflow with everything that follows from its answers."""

    engagement: Engagement
    """The client's file, scenario and changes laid over it."""
    workflow: Workflow
    """One of its workflows."""
    pilot: Established | None
    """What its marked pilots establish; None when none was read."""
    inputs: Inputs
    """Every number and word of the cost model with its source."""
    facts: CostFacts
    """Computed evidence."""
    advice: Advice
    """The advice."""
    reopened: tuple[Reopened, ...]
    """Dated conditions for looking again, those that hold today first."""

    @property
    def in_play(self) -> tuple[PatternId, ...]:
        """Patterns that no lasting gate rules out, simplest first."""
        return tuple(pattern for pattern, said in self.advice.patterns.items() if said.status != "ruled_out")


def study(engagement: Engagement, workflow: Workflow, pilot: Established | None = None) -> Study:
    """Work out one workflow with the shipped catalogue, cases, assumptions and price book.

    Raises:
        EngagementError: If an assumption is unknown or does not fit.
        PriceError: If a price or an exchange rate is not known.
    """
    costed = _with(workflow, pilot)
    measured = inputs_for(engagement, costed, load_prices(engagement.as_of), assumptions())
    costing = Costing(engagement, costed, measured)
    advice = advise(load_catalog(), engagement, workflow, costing.today, cases=shipped_cases(), pilot=pilot, costing=costing)
    again = reopen_checks(engagement, workflow, measured, advice, rules())
    return Study(engagement, workflow, pilot, measured, costing.today, advice, again)


def studies(
    engagement: Engagement, pilots: Mapping[str, Established] | None = None, only: Iterable[str] = ()
) -> tuple[Study, ...]:
    """Work out every workflow, or `only` those named.

    Args:
        engagement: The client's file.
        pilots: What marked pilots establish, by workflow id.
        only: Workflow ids; empty means all.

    Raises:
        UsageError: If an id is not a workflow of the engagement.
        EngagementError: If an assumption is unknown or does not fit.
        PriceError: If a price or an exchange rate is not known.
    """
    chosen = tuple(map(engagement.workflow, only)) or engagement.workflows
    return tuple(study(engagement, workflow, (pilots or {}).get(workflow.id)) for workflow in chosen)


def _with(workflow: Workflow, pilot: Established | None) -> Workflow:
    if pilot is None:
        return workflow
    return replace(workflow, assumptions={**workflow.assumptions, **pilot.assumptions})
