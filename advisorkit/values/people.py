"""Who works on an engagement, what they agreed to do, and what they say of their data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from advisorkit.values.quantities import MOST
from advisorkit.values.written import Named, Within


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works on the engagement."""

    name: str
    """Their name."""
    role: str = ""
    """What they are at the client, such as Head of IT."""
    part: str = ""
    """What they do in this work."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that was agreed to be done."""

    act: str
    """What is to be done."""
    owner: str = ""
    """Who does it."""
    date: date | None = None
    """Day by which it is to be done."""
    state: Annotated[Literal["open", "done", "dropped"], Named("state")] = "open"
    """How far it has come."""


Role = Literal["engineers", "project_leads", "staff"]
"""Who a programme may have too few of: those who build, those who lead, and the client's own people."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What all workflows together may take."""

    budget: Annotated[float, Within(0, MOST)] | None = None
    """Money for builds and pilots, in the engagement's currency; None draws no line."""
    people_per_quarter: Mapping[Annotated[Role, Named("role")], Annotated[float, Within(0, MOST)]] = field(default_factory=dict)
    """Days that people of a role have in a quarter; a role that is left out has no limit."""
    start: date | None = None
    """First day of the first quarter; None is the day of the advice."""
    quarters: Annotated[int, Within(1, 40)] = 4
    """Quarters in which builds may start."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One place on the way of the data, such as a filter, a search index, a model, a log; what nobody has said yet is left out."""

    stop: str
    """Its name."""
    holds: str = ""
    """What it holds."""
    run_by: str = ""
    """Who runs it."""
    where: str = ""
    """Where it stands."""
    kept: str = ""
    """How long it keeps what it holds."""
    training: str = ""
    """Whether what it holds is used to train models."""
    logs: str = ""
    """What it logs, and who reads that."""
    source: str = ""
    """The contract, page, or person and day that says so."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Who answers for a final report."""

    name: str
    """Their name."""
    date: date
    """Day on which they had read it."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Somebody's word that text of the client may go to a model; what was sent is known by its hash alone."""

    date: date
    """Day on which it went out."""
    by: str
    """Who said so."""
    endpoint: Annotated[str, Named("endpoint")]
    """Where it went."""
    sha256: Annotated[str, Named("sha256")]
    """SHA-256 of the text, in hexadecimal."""
