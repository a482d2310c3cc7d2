"""Workflows as a programme weighs them: what each gains, asks and shares, with the chance that its pilot ends it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from advisorkit.advice.decision import Decision
from advisorkit.advice.flips import NextQuestion
from advisorkit.costs.bill import Line
from advisorkit.costs.flows import scene
from advisorkit.costs.inputs import Input
from advisorkit.costs.money import spares
from advisorkit.costs.results import MoneyRow, Rank
from advisorkit.study.study import Study
from advisorkit.values.engagement import Workflow
from advisorkit.values.people import Role
from advisorkit.values.prices import PriceAge

WEEKS = 13
"""Weeks of a quarter."""
HOURS = 8.0
"""Staff hours of a day."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """What a workflow needs that others may share: a platform, or the index of a body of documents."""

    worth: float
    """Its share of the gain's costs, present value over the horizon."""
    cost: float
    """Its part of the money to put the workflow into use."""
    days: Mapping[Role, float] = field(default_factory=dict)
    """Days of people that it takes to build."""


@dataclass(frozen=True, slots=True)
class Freed:
    """Hours of a team whose size is known that a workflow frees."""

    team: str
    """Its department, or its owner where it names none."""
    hours: float
    """Hours a month at the use that is reached, at likely values."""
    most: float
    """Hours that the team works in a month."""
    worth: float
    """Gain of an hour a month over the horizon, present value, the checking paid that comes with it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workflow that may be chosen; money in one currency, as if it stood alone."""

    id: str
    """Workflow id."""
    gain: float
    """Expected gain against today over the horizon, present value; the work stops where its pilot misses the mark."""
    waiting: float
    """What of it is lost by every quarter that it starts later."""
    cost: float
    """Expected money out of the house from the first pilot to use, with the chance that the pilot ends it."""
    ask: float
    """Money for the next step alone."""
    days: Mapping[Role, float] = field(default_factory=dict)
    """Days of people to build it, shared parts apart."""
    quarters: int = 1
    """Quarters that the build takes."""
    shares: Mapping[str, Foundation] = field(default_factory=dict)
    """What it needs that others may share, by name."""
    after: tuple[str, ...] = ()
    """Workflows that have to be in use before."""
    freed: Freed | None = None
    """What it frees of a team's hours; None where nobody has said how many there are."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A workflow that is no candidate."""

    id: str
    """Workflow id."""
    kind: str
    """``simpler``, ``ask``, ``unpriced``, ``stops`` after a pilot, ``loses``, or ``staged``: loses where it is stopped at a missed mark."""
    ask: tuple[Input, ...] = ()
    """What has to be asked before it can be ranked."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a programme knows of a workflow: so little that a thousand can be held, and travel between processes."""

    workflow: Workflow
    """The workflow."""
    decision: Decision
    """What every screen and page says of it."""
    rank: Rank
    """What it is put in order by; nothing where something simpler fits."""
    share: Candidate | Aside
    """What it asks and gains, or why it cannot be chosen."""
    questions: tuple[NextQuestion, ...]
    """What its own answers leave open, first the one to ask first."""
    lacks: tuple[str, ...]
    """What has to be there before its build may begin."""
    ages: tuple[PriceAge, ...]
    """Old prices behind its money."""
    months: int
    """Months over which its money is counted."""


def weighed(study: Study) -> Weighed:
    """`study` as a programme weighs it."""
    made, held = study.decision, (hit for hit in study.advice.gates if hit.kind == "for_now" and not hit.provisional)
    return Weighed(
        study.workflow, made, Rank(None, assumed=False) if made.replaced or not study.priced else study.rank, candidate(study), study.advice.next_questions,
        tuple(dict.fromkeys(hit.short or hit.reason for hit in held if made.destination in hit.removes)), tuple(age for age in study.inputs.prices() if age.state != "fresh"),
        study.months,
    )


def candidate(study: Study) -> Candidate | Aside:
    """`study` as a programme weighs it, or why it is none of its candidates."""
    name, first = study.workflow.id, study.decision.destination
    if study.decision.replaced:
        return Aside(name, "simpler")
    if not study.priced:
        return Aside(name, "unpriced")
    row, rank = study.usual_money[first], study.rank
    if rank.gain is None or row.build is None:
        return Aside(name, "ask", rank.ask)
    gain = rank.gain if rank.staged is None else min(rank.staged, rank.gain)
    if study.decision.next_step.action == "stop":
        return Aside(name, "stops")
    if gain <= 0:
        return Aside(name, "loses" if rank.gain <= 0 else "staged")
    reach = study.decision.prospects.reach.get(first)
    go_on = 1.0 if reach is None else reach
    ask = study.ask.p50 if study.ask else 0.0
    lines = [line for line in study.bill.of(first) if line.amount is not None and line.phase != "error"]
    parts, own = dict[str, list[Line]](), list[Line]()
    for line in lines:
        (own if (shared := _shared(line, study.workflow.corpus)) is None else parts.setdefault(shared, [])).append(line)
    once = max(row.build.likely - ask, 0.0)
    weeks = study.facts.build_weeks[first].p50
    return Candidate(
        name, gain, max(gain + row.build.likely, 0.0) * 3 / study.months, ask + go_on * once, ask, _days(own), max(1, ceil(weeks / WEEKS)),
        {part: Foundation(_sum(found), go_on * _sum(_built(found)), _days(found)) for part, found in parts.items()}, study.workflow.after, _freed(study, row),
    )


def team(workflow: Workflow) -> str:
    """Whose work it is: its department, or its owner where it names none."""
    return workflow.context.get("department") or workflow.context.get("owner", "")


def _freed(study: Study, row: MoneyRow) -> Freed | None:
    whose, limits, today = team(study.workflow), study.engagement.programme, study.usual_money["today"]
    if limits is None or whose not in limits.team_hours or today.staff is None or row.staff is None:
        return None
    here = scene(study.inputs, study.inputs.likely())
    hours = float(here.values["adoption"] * spares(here)[0] / here.values["hourly_cost"])
    return Freed(whose, hours, limits.team_hours[whose], max(today.staff.likely - row.staff.likely, 0.0) / hours) if hours > 0 else None


def _shared(line: Line, corpus: str) -> str | None:
    return "platform" if line.part == "platform" else corpus if line.part == "corpus" and corpus else None


def _built(lines: Sequence[Line]) -> Iterator[Line]:
    return (line for line in lines if line.phase == "build")


def _sum(lines: Iterator[Line] | Sequence[Line]) -> float:
    return sum(line.amount or 0.0 for line in lines)


def _days(lines: Sequence[Line]) -> dict[Role, float]:
    """Days of people in the build lines, by role."""
    found = defaultdict[Role, float](float)
    for line in _built(lines):
        if line.unit_id in {"engineer_days", "other_days"} and line.component_id != "advice_fee":
            found["project_leads" if line.component_id == "project_lead" else "engineers"] += line.quantity or 0.0
        elif line.unit_id == "staff_hours":
            found["staff"] += (line.quantity or 0.0) / HOURS
    return dict(found)
