"""What the type of a field leaves open about how it is written in a file."""

import math
from dataclasses import dataclass

ABOVE_ZERO = math.ulp(0.0)
"""Smallest number above zero: the lower bound of what must be positive."""


@dataclass(frozen=True, slots=True)
class Within:
    """Bounds of a number or range, both included."""

    least: float = -math.inf
    """Smallest number accepted."""
    most: float = math.inf
    """Largest number accepted."""


@dataclass(frozen=True, slots=True)
class Named:
    """A word with a name, or a form that whoever reads the file supplies under this name."""

    name: str
    """What messages call it, such as ``currency code``."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a field stands when not under its own name."""

    name: str | None
    """Another name; empty for the key under which the whole stands; None when it does not come from the file."""


OWN_KEY = Key("")
"""The key under which the whole stands, such as the id of a criterion."""
ELSEWHERE = Key(None)
"""Not from this file."""
