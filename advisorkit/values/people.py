"""What a file says beside the answers: who works on it, what they agreed, where data goes, what was told and measured, which models may be reached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import ip_address
from operator import itemgetter
from typing import Annotated, Literal

from advisorkit.values.criteria import PatternWord
from advisorkit.values.messages import here
from advisorkit.values.quantities import MOST, Estimate
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


def due(actions: Iterable[Action], day: date) -> list[tuple[date, str]]:
    """Day and act of what is open and is to be done on `day` or later, next first."""
    return sorted(((one.date, one.act) for one in actions if one.state == "open" and one.date and one.date >= day), key=itemgetter(0))


Role = Literal["engineers", "project_leads", "staff"]
"""Who a programme may have too few of: those who build, those who lead, and the client's own people."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What all workflows together may take."""

    budget: Annotated[float, Within(0, MOST)] | None = None
    """Money for builds and pilots, in the engagement's currency; None draws no line."""
    people_per_quarter: Mapping[Annotated[Role, Named("role")], Annotated[float, Within(0, MOST)]] = field(default_factory=dict)
    """Days that people of a role have in a quarter; a role that is left out has no limit."""
    team_hours: Mapping[str, Annotated[float, Within(0, MOST)]] = field(default_factory=dict)
    """Hours that teams work in a month, by department, or by owner where a workflow names none; a team that is left out has no limit."""
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


_FORM = re.compile(r"(?i:(https?)://(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?))(?::([0-9]{1,5}))?((?:/[A-Za-z0-9._~-]+)*)/?", re.ASCII)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model answers.

    Example:
        >>> str(Address.of("HTTPS://API.Example.com:443/v1/"))
        'https://api.example.com/v1'
    """

    scheme: str
    """``https``, or ``http`` for this machine."""
    host: str
    """Name or number of the machine, in small letters."""
    port: int
    """Its port."""
    path: str
    """What stands behind, without a slash at its end; may be empty."""

    @classmethod
    def of(cls, text: str) -> Address:
        """The address in a text.

        Raises:
            ValueError: If it is none that may be used; says what to write.
        """
        found = _FORM.fullmatch(text)
        if "@" in text:
            raise ValueError("holds a name or password; leave it out, a key comes from the environment")
        if not found or set(found[4].split("/")) & {".", ".."} or int(found[3] or 1) not in range(1, 65_536):
            raise ValueError("is not the address of a model; write it as https://host/v1, in plain letters, without ? or #")
        scheme, host = found[1].lower(), found[2].lower()
        made = cls(scheme, host, int(found[3] or _PORTS[scheme]), found[4])
        if scheme == "http" and not made.loopback:
            raise ValueError("is not encrypted; only a model on this machine may be reached by http, any other by https")
        return made

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        try:
            return self.host == "localhost" or ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    def covers(self, other: Address) -> bool:
        """Whether `other` is this address or lies below it.

        Example:
            >>> allowed = Address.of("https://api.example.com/v1")
            >>> asked = ("https://api.example.com/v1/eu", "https://api.example.com/v10", "https://api.example.com.evil.net/v1")
            >>> [allowed.covers(Address.of(text)) for text in asked]
            [True, False, False]
        """
        same = (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)
        return same and f"{other.path}/".startswith(f"{self.path}/")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{'' if self.port == _PORTS[self.scheme] else f':{self.port}'}{self.path}"


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
            raise ValueError(here("{} is about staff, so say cases and people: it stands on at least {} cases and {} people", self.quantity, CASES, PEOPLE))

    @property
    def range(self) -> Estimate:
        """The value with its ends."""
        return Estimate(self.value if self.low is None else self.low, self.value, self.value if self.high is None else self.high)


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What a model made of the notes by itself; for the consultant's eyes, in no sum and on no client's page."""

    date: date
    """Day on which it was asked."""
    model: str
    """Which model."""
    chances: Mapping[PatternWord, Annotated[float, Within(0, 1)]]
    """Its chance of each pattern, 0 to 1; of one left out, none."""
    quotes: Mapping[PatternWord, str] = field(default_factory=dict)
    """Words of the notes that speak for each."""
