"""What was told on an earlier day and what it rested on, and what use has shown since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from advisorkit.values.quantities import Estimate
from advisorkit.values.written import Named, Within

STAFF = frozenset({"adoption", "minutes_per_item", "minutes_saved", "minutes_saved_share", "review_minutes", "review_share", "error_rate_today"})
"""Quantities that tell how people work, so that none of them may stand on a single person."""
CASES, PEOPLE = 10, 2
"""Least cases and people on which a result about staff stands."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What figures rested on beside the client's file.

    Example:
        >>> Basis("1.0", "3f2a9c1b", "77aa01fe").version
        '1.0'
    """

    version: str
    """Version of advisorkit."""
    prices: str
    """First digits of the SHA-256 of the price book."""
    defaults: str
    """Those of every other data file that figures rest on."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What use has shown of one quantity; it takes the place of the assumption of that name.

    Example:
        >>> Measured("adoption", 0.58, period="March to May 2027", cases=214, people=31).range.likely
        0.58
    """

    quantity: Annotated[str, Named("quantity")]
    """Name of the assumption."""
    value: float
    """What was measured, in the assumption's unit."""
    low: float | None = None
    """Low end, where chance left a range."""
    high: float | None = None
    """High end."""
    period: str = field(kw_only=True)
    """When it was measured, such as March to May 2027."""
    source: str = ""
    """Where it comes from, such as a system or a count."""
    sample: str = ""
    """What was looked at and how it was drawn."""
    cases: Annotated[int, Within(1)] | None = None
    """How many cases it stands on."""
    people: Annotated[int, Within(1)] | None = None
    """How many people's work it stands on."""

    def __post_init__(self) -> None:
        _ = self.range
        if self.quantity in STAFF and ((self.cases or 0) < CASES or (self.people or 0) < PEOPLE):
            raise ValueError(f"{self.quantity} is about staff, so say cases and people: it stands on at least {CASES} cases and {PEOPLE} people")

    @property
    def range(self) -> Estimate:
        """The value with its ends."""
        return Estimate(self.value if self.low is None else self.low, self.value, self.value if self.high is None else self.high)
