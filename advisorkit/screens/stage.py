"""How a screen stands: what the user looks at, beside what is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Doc = dict[str, object]
"""A part of the document that the browser draws."""
LARGE = 1.45
"""Size of charts in presenter mode."""
SECTIONS = ("assessment", "costs", "pilot", "portfolio", "deliver")
"""Workbooks, in the order of a session."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know or decide."""

    kind: str
    """``info``, ``conflict`` or ``error``."""
    words: str
    """What happened."""
    actions: tuple[tuple[str, str], ...] = ()
    """Label and name of each edit that answers it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """State of one screen; nothing here changes a result."""

    section: str = "assessment"
    """One of `SECTIONS`."""
    presenting: bool = False
    """Large type, client words only."""
    width: int = 1440
    """Pixels that the browser has."""
    scenario: str = ""
    """Scenario on screen."""
    can_undo: bool = False
    """Whether there is an edit to take back."""
    can_redo: bool = False
    """Whether there is one to do again."""
    saved: str = ""
    """When the file was last written, as shown in the bar."""
    saved_words: str = ""
    """The same as a sentence."""
    absent: tuple[str, ...] = ()
    """Who is not in the room."""
    parked: tuple[str, ...] = ()
    """Criteria put aside."""
    asked: str = ""
    """Criterion taken up by hand; empty means the next best one."""
    tried: tuple[str, ...] = ()
    """Assumptions whose value is only tried."""
    theme: str = "light"
    """``light`` or ``dark``."""
    explored: frozenset[str] = frozenset()
    """Charts that are drawn by plotly, to be zoomed and read off."""
    every_row: bool = False
    """Whether all assumptions are listed."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """What is wrong beside a control, by the control's name."""
    scenarios: Doc | None = None
    """Table of all scenarios; None when there is only the base case."""
    notices: tuple[Notice, ...] = ()
    """Above everything else."""
    revision: int = 0
    """Rises by one with every document."""
