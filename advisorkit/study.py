"""A workflow worked out from the top: inputs, computed facts and advice, the same for every screen and file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from advisorkit.advice import Advice, advise
from advisorkit.catalog import load as load_catalog
from advisorkit.costs import CostFacts, Inputs, facts, inputs_for
from advisorkit.engagement import Engagement, Workflow
from advisorkit.errors import Fault, PilotError
from advisorkit.marked_results import read_results
from advisorkit.patterns import PatternId
from advisorkit.pilot import Established, Pilot
from advisorkit.pilot.reading import established_for
from advisorkit.pilot_rules import rules
from advisorkit.price_book import assumptions
from advisorkit.price_book import load as load_prices

__all__ = ["Study", "established_in", "studies", "study"]


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
    measured = inputs_for(engagement, _with(workflow, pilot), load_prices(engagement.as_of), assumptions())
    found = facts(measured)
    advice = advise(load_catalog(), engagement, workflow, found, pilot=pilot)
    return Study(engagement, workflow, pilot, measured, found, advice)


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


def established_in(engagement: Engagement, folder: Path) -> dict[str, Established]:
    """What the marked pilots named in an engagement establish, by workflow id; `folder` is where the file lies.

    Raises:
        PilotError: If marked results cannot be read; carries every fault of every file.
        PriceError: If a price or an exchange rate is not known.
    """
    faults: list[Fault] = []
    read = {workflow.id: tuple(_pilots(workflow, folder, faults)) for workflow in engagement.workflows if workflow.pilots}
    if faults:
        raise PilotError(faults)
    return {name: _established(engagement, engagement.workflow(name), pilots) for name, pilots in read.items()}


def _pilots(workflow: Workflow, folder: Path, faults: list[Fault]) -> Iterator[Pilot]:
    for named in sorted(workflow.pilots, key=lambda pilot: pilot.date):
        try:
            results = read_results(folder / named.file)
        except PilotError as error:
            faults += error.faults
            continue
        yield Pilot(results, named.date, named.pattern, named.pass_mark, named.reason)


def _established(engagement: Engagement, workflow: Workflow, pilots: Sequence[Pilot]) -> Established:
    inputs = inputs_for(engagement, workflow, load_prices(engagement.as_of), assumptions())
    return established_for(inputs, pilots, rules())


def _with(workflow: Workflow, pilot: Established | None) -> Workflow:
    if pilot is None:
        return workflow
    return replace(workflow, assumptions={**workflow.assumptions, **pilot.assumptions})
