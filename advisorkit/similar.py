"""Published deployments that resemble the client's work."""

from __future__ import annotations

from dataclasses import dataclass

from advisorkit.patterns import PatternId

__all__ = ["Similar"]


@dataclass(frozen=True, slots=True)
class Similar:
    """One published deployment and how far its answers are from the client's."""

    id: str
    """Case id."""
    company: str
    """Who deployed it."""
    year: int | None
    """Year of the report; None when not known."""
    outcome: PatternId
    """What was deployed or won the comparison."""
    distance: float
    """Gower distance over the criteria that both answer, 0 (alike) to 1."""
    source: str
    """Address of the report."""
    what_happened: str
    """Why it ended there, in a sentence."""
