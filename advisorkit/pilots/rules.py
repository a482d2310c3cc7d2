"""The rules by which pilots are sized and read, as reviewed data; see ``data/pilot.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from advisorkit.values.written import Within

Number = Annotated[float, Within(0)]
Count = Annotated[int, Within(0)]


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers that every reading of a pilot goes by; each stands in the data file with its source."""

    sizes: tuple[Annotated[int, Within(1)], ...]
    """Sizes of pilot that are compared, in cases, rising."""
    least_cases: Count
    """Cases below which nothing is decided."""
    most_cases: Count
    """Cases beyond which a pilot is not sent to mark more when no money is at stake."""
    least_failures: Count
    """Failures with a known kind below which no way up is chosen."""
    least_tests: Count
    """Failed cases in which the right text must have been pasted before the test counts."""
    confidence: Number
    """Chance, 0 to 1, at which a pilot without money at stake counts as settled."""
    half_width: Number
    """Half width of the 95 % interval that a pilot without money at stake is sized for."""
    double_marked: Number
    """Share of the cases that two people mark, 0 to 1."""
    substantial: Number
    """Share of the failures from which a kind calls for its own layer beside the other, 0 to 1."""
    oracle_floor: Number
    """Fix rate of pasted text, at its upper bound, below which retrieval is blocked, 0 to 1."""
    fix_rate: Number
    """Expected share of information failures that the right text mends, 0 to 1, until it is measured."""
    hit_rate: Number
    """Expected share of requests for which a search brings the right passage, 0 to 1, until it is measured."""
    training_effect: Number
    """Expected share of behaviour failures that training removes, 0 to 1."""
    low_agreement: Number
    """Kappa below which markers are said to disagree."""
    evidence_cap: Number
    """Most decibans that one pilot adds to an axis."""
    pilot_months: Number
    """Months after which a pilot is worth doing again."""
    pass_marks: Mapping[str, Annotated[float, Within(0, 1)]]
    """Share right to ask for by error tolerance when neither a pass mark nor money says it."""
