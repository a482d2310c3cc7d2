"""Marked cases: one row is what one marker said of one answer to one case in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

Failure = Literal["information", "behaviour", "unclear", "label"]
Outcome = Literal["right", "wrong", "declined"]
Severity = Literal["minor", "major", "critical"]

FAILURES: tuple[Failure, ...] = get_args(Failure)
"""Why an answer failed: information was missing, it answered badly, nobody can tell, or the expected answer is wrong."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What came of a case."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""How bad a wrong answer is, mildest first."""


@dataclass(frozen=True, slots=True)
class MarkedCase:
    """One mark.

    Example:
        >>> MarkedCase("17", outcome="wrong", failure="information").judged
        True
        >>> MarkedCase("18", outcome="wrong", failure="label").judged
        False
    """

    case: str
    """Name or number of the case."""
    outcome: Outcome
    """Right, wrong or declined."""
    failure: Failure | None = None
    """Why it failed; None when right, or when it declined and nobody said why."""
    severity: Severity | None = None
    """How bad the wrong answer is; None when nobody said."""
    fixed_by_text: bool | None = None
    """Whether pasting the right text into the request made the answer right; None when not tried."""
    passage_found: bool | None = None
    """Whether the search brought the right passage; None when there was no search or nobody looked."""
    marker: str = ""
    """Who marked it; initials are enough."""
    run: str = ""
    """Which run of the system, when a case was answered several times."""
    version: str = ""
    """Version of the prompt or system that answered."""
    date: date | None = None
    """Day of the mark."""
    segment: str = ""
    """Part of the work that the case stands for, such as a product line."""
    sampling: Literal["", "random", "chosen"] = ""
    """How the case was drawn; empty when nobody said."""
    input_tokens: float | None = None
    """Tokens read by the model."""
    output_tokens: float | None = None
    """Tokens written by the model."""
    minutes: float | None = None
    """Minutes a person needed to check or mend the answer."""
    input: str = ""
    """What was asked."""
    output: str = ""
    """What the system answered."""
    note: str = ""
    """The marker's note."""

    @property
    def judged(self) -> bool:
        """Whether the mark says something of the answer; False when the expected answer itself was wrong."""
        return self.failure != "label"


@dataclass(frozen=True, slots=True)
class MarkedResults:
    """Every mark of one results file, whole."""

    file: str
    """Name of the file as the user gave it."""
    form: Literal["table", "inspect", "promptfoo"]
    """What kind of file it was."""
    marks: tuple[MarkedCase, ...]
    """In file order; at least one."""
    pass_mark: float | None = None
    """Share right agreed before the pilot, when the file carries it, 0 to 1."""
    warnings: tuple[str, ...] = ()
    """What weakens the results, such as lines that are not marked yet."""
    reported: Mapping[str, float] = field(default_factory=dict)
    """Counts and scores that the tool itself reports, for comparison; empty for tables."""
    notices: tuple[str, ...] = ()
    """What whoever reads the file in should look at, such as an old encoding; nothing for a client."""
