"""What a workflow brings into a programme and takes of it, and what those chosen gain together, draw by draw."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import ceil
from typing import Any

import numpy as np

from advisorkit.advice.decision import Decision
from advisorkit.advice.flips import NextQuestion
from advisorkit.costs.bill import Line
from advisorkit.costs.columns import columns
from advisorkit.costs.flows import scene
from advisorkit.costs.inputs import Input, Inputs
from advisorkit.costs.money import spares, sums
from advisorkit.costs.results import Figure, MoneyRow, Rank
from advisorkit.costs.sampling import Array, band, bands
from advisorkit.costs.simulation import SEED
from advisorkit.pilots.established import Established
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.people import Role
from advisorkit.values.prices import PriceAge
from advisorkit.values.quantities import Band

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

    @property
    def days_in_all(self) -> float:
        """Days of everybody."""
        return sum(self.days.values())


@dataclass(frozen=True, slots=True)
class Aside:
    """A workflow that is no candidate."""

    id: str
    """Workflow id."""
    kind: str
    """``simpler``, ``ask``, ``unpriced``, ``stops`` after a pilot, ``used`` already, ``marks`` where those it asks for decide, ``loses``, or ``staged``: loses where it is stopped at a missed mark."""
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
    ask: float | None = None
    """Money for its next step; None where nothing is to be built."""
    weeks: float | None = None
    """Weeks that the next step takes; None where nothing is to be built."""


def weighed(study: Study) -> Weighed:
    """`study` as a programme weighs it."""
    made, held = study.decision, (hit for hit in study.advice.gates if hit.kind == "for_now" and not hit.provisional)
    rank = Rank(None, assumed=False) if made.replaced or not study.priced else study.rank
    lacks = dict.fromkeys(hit.short or hit.reason for hit in held if made.destination in hit.removes)
    old = tuple(age for age in study.inputs.prices() if age.state != "fresh")
    ask = study.ask.p50 if study.ask and not made.ended else None
    weeks = None if ask is None else study.facts.build_weeks[made.now].p50
    return Weighed(study.workflow, made, rank, candidate(study), study.advice.next_questions, tuple(lacks), old, study.months, ask, weeks)


def candidate(study: Study) -> Candidate | Aside:
    """`study` as a programme weighs it, or why it is none of its candidates."""
    name, first = study.workflow.id, study.decision.destination
    if study.decision.replaced:
        return Aside(name, "simpler")
    if not study.priced:
        return Aside(name, "unpriced")
    row, rank = study.usual_money[first], study.rank
    if (gain := rank.kept) is None or rank.gain is None or row.build is None:
        return Aside(name, "ask", rank.ask)
    if study.decision.next_step.action == "stop":
        return Aside(name, "stops")
    if study.decision.next_step.used:
        return Aside(name, "used")
    if gain <= 0:
        return Aside(name, "marks" if study.decision.next_step.cases else "loses" if rank.gain <= 0 else "staged")
    reach = study.decision.prospects.reach.get(first)
    go_on = 1.0 if reach is None else reach
    ask = study.ask.p50 if study.ask else 0.0
    lines = [line for line in study.bill.of(first) if line.amount is not None and line.phase != "error"]
    parts, own = dict[str, list[Line]](), list[Line]()
    for line in lines:
        (own if (shared := _shared(line, study.workflow.corpus)) is None else parts.setdefault(shared, [])).append(line)
    once = max(row.build.likely - ask, 0.0)
    weeks, cost = sum(study.facts.build_weeks[one].p50 for one in {first, study.decision.now if study.ask else first}), ask + go_on * once
    return Candidate(
        name, gain, max(gain + cost, 0.0) * 3 / study.months, cost, ask, _days(own), max(1, ceil(weeks / WEEKS)),
        {part: Foundation(_sum(found), go_on * _sum(_built(found)), _days(found)) for part, found in parts.items()},
        tuple(one for one in study.workflow.after if not study.engagement.workflow(one).used), _freed(study, row),
    )


def as_project(amount: float) -> float:
    """What a project is told to cost: under 10,000 to the nearest thousand, where it comes to one."""
    return float(round(amount, -3)) if 1000 <= amount < 10_000 else amount


def team(workflow: Workflow) -> str:
    """Whose work it is: its department, or its owner where it names none."""
    return workflow.context.get("department") or workflow.context.get("owner", "")


def weigh_once(engagement: Engagement, pilots: Mapping[str, Established], work: Callable[[Sequence[Workflow]], Iterable[Weighed]]) -> tuple[Weighed, ...]:
    """Every workflow of `engagement` as `work` weighs it, which is given one of those that only words tell apart, as rows of a list often are."""
    every = engagement.workflows
    like = {one.id: repr(asdict(one if one.id in pilots else _counted(engagement, one))) for one in every}
    once: dict[str, Workflow] = {}
    for one in every:
        once.setdefault(like[one.id], one)
    found = {like[one.workflow.id]: one for one in work([*once.values()])}
    return tuple(replace(found[like[one.id]], workflow=one, share=replace(found[like[one.id]].share, id=one.id)) for one in every)


def _counted(engagement: Engagement, workflow: Workflow) -> Workflow:
    """`workflow` without the words that weigh nothing; its id stays where the file's history knows it."""
    limits, whose = engagement.programme, team(workflow)
    context = {"target": workflow.context.get("target", ""), "department": whose if limits and whose in limits.team_hours else ""}
    known = any(line.workflow == workflow.id for line in engagement.history)
    return replace(workflow, id=workflow.id if known else "", name="", notes={}, listed={}, context=context)


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


DRAWS = 2**12


@dataclass(frozen=True, slots=True)
class Joint:
    """What a choice comes to together; the work stops where a pilot misses its mark."""

    gain: Band
    """Gain against today over the horizon, what is shared paid once."""
    cost: Band
    """Money that leaves the house from the first pilots to use, what is shared paid once."""
    cash: tuple[Figure, ...]
    """Money that leaves the house in each quarter, for building and running."""
    gained: tuple[Figure, ...]
    """What each quarter gains against today, what is paid for building taken off; over the months of use it adds up to the gain of each as if it stood alone."""


def joint(studies: Sequence[Study], chosen: Mapping[str, Candidate], starts: Mapping[str, int], saved: tuple[float, float], quarters: int) -> Joint:
    """The ranges of a choice that begins as `starts` says; `saved` is what sharing takes off the gain's costs and off the money to use."""
    gain, cost = np.full(DRAWS + 1, saved[0]), np.full(DRAWS + 1, -saved[1])
    cash, gained = np.zeros((2, quarters, DRAWS + 1))
    for one in studies:
        weighed, first, end = chosen[one.workflow.id], starts[one.workflow.id], one.decision.destination
        inputs, mark = one.inputs.usually_checked, one.prospects.target.share
        here = scene(inputs, drawn(inputs))
        row = sums(here, columns(here), mark)[end]
        met, reach = mark is None or 1 - here.values[f"error_rate_{end}"] >= mark, one.prospects.reach.get(end)
        goes_on = np.append(np.broadcast_to(met, DRAWS + 1)[:-1], 1.0 if reach is None else reach)
        gain += row.get("staged", row["gain"]) - weighed.waiting * first
        once = np.maximum(row["build"] - weighed.ask, 0.0) * goes_on
        cost += weighed.ask + once
        cash[first] += weighed.ask
        gains = (row["gain"] + row["build"]) * goes_on
        gains[-1] = weighed.gain + weighed.cost  # so that what the quarters gain adds up to what is told of the whole
        built, run = range(first, min(first + weighed.quarters, quarters)), range(first + weighed.quarters, quarters)
        cash[built] += once / weighed.quarters
        cash[run] += row["run"] * goes_on * 3 / one.months
        gained[run] += gains * 3 / one.months
        gained[built] -= once / weighed.quarters
        gained[first] -= weighed.ask
    return Joint(band(gain[:-1]), band(cost[:-1]), _figures(cash), _figures(gained))


def _figures(amounts: Array) -> tuple[Figure, ...]:
    return tuple(Figure(likely, one.p10, one.p50, one.p90) for likely, one in zip(amounts[:, -1].tolist(), bands(amounts[:, :-1]), strict=True))


_FOR_ALL = frozenset({"overrun", "growth_per_year", "discount_rate"})
"""What the team and the house bring into every workflow, beside prices and rates."""


def drawn(inputs: Inputs) -> dict[str, Any]:
    """Draws in which prices, rates and `_FOR_ALL` have the order of all workflows; last the likely values.

    Everything else, or what is said of this one alone, has an order of its own.
    """
    workflow, values = inputs.workflow, inputs.draw(DRAWS, SEED)
    order = np.random.default_rng([SEED, *workflow.id.encode()]).permutation(DRAWS)
    told = {*workflow.workload, *workflow.assumptions, *(name for name, row in inputs.rows.items() if row.assumption.fed_by in workflow.answers)}
    shared = {name for name, row in inputs.rows.items() if "{currency}" in row.assumption.unit or name in _FOR_ALL} - told
    likely = inputs.likely_of(name for name, value in values.items() if np.ndim(value))
    return {name: np.append(value if name in shared else value[order], likely[name]) if name in likely else value for name, value in values.items()}
