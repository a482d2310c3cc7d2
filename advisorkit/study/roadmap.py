"""Which workflows to do and when: the choice that gains most under a budget, people a quarter and an order, found by a solver."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import numpy as np

from advisorkit.study.candidates import HOURS, Candidate
from advisorkit.values.people import Programme, Role

SECONDS = 25.0
"""Time for the solver; what it has not proved by then is told as a gap."""
_SLACK = 1e-6
ROLES: tuple[Role, ...] = get_args(Role)
"""Everybody that a programme may have too few of."""


@dataclass(frozen=True, slots=True)
class Roadmap:
    """A choice of workflows and the quarter in which each begins."""

    starts: Mapping[str, int]
    """First quarter, counted from 0, by workflow id, in order of start."""
    gain: float
    """Expected gain of all chosen, what they share paid once."""
    cost: float
    """Expected money out of the house to put them into use, what they share paid once."""
    gap: float = 0.0
    """Largest share of the gain by which a better choice might beat this one; 0 where it is proved to be the best."""


def in_order(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates that can be done: those that wait for one that is not among them are left out, as are those that wait for each other."""
    left, done = {one.id: one for one in candidates}, dict[str, Candidate]()
    while ready := {name: one for name, one in left.items() if name not in done and set(one.after) <= done.keys()}:
        done |= ready
    return tuple(done.values())


def circles(after: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Those that wait for each other in a circle, or for one of such, in alphabetical order; none where there is no circle.

    Example:
        >>> circles({"a": ["b"], "b": ["a"], "c": []}), circles({"a": ["b"], "b": [], "c": ["d"]})
        (('a', 'b'), ())
    """
    left = {name: set(before) & after.keys() for name, before in after.items()}
    while ready := {name for name, before in left.items() if not before & left.keys()}:
        left = {name: before for name, before in left.items() if name not in ready}
    return tuple(sorted(left))


def worth(candidates: Iterable[Candidate], starts: Mapping[str, int]) -> tuple[float, float]:
    """Gain and cost of a choice; what workflows share is paid once, by the dearest of its users, and no team frees more hours than it works.

    Example:
        >>> from advisorkit.study.candidates import Foundation
        >>> both = [Candidate(name, 100.0, 5.0, 40.0, 10.0, shares={"platform": Foundation(30.0, 20.0)}) for name in "ab"]
        >>> worth(both, {"a": 0, "b": 1})
        (225.0, 60.0)
    """
    chosen = [one for one in candidates if one.id in starts]
    gain = sum(one.gain - one.waiting * starts[one.id] for one in chosen)
    users = [(name, part) for one in chosen for name, part in one.shares.items()]
    names = dict.fromkeys(name for name, _ in users)
    saved, spared = (
        sum(getattr(part, what) for _, part in users) - sum(max(getattr(part, what) for other, part in users if other == name) for name in names)
        for what in ("worth", "cost")
    )
    return gain + saved - sum(beyond(candidates, starts).values()), sum(one.cost for one in chosen) - spared


def beyond(candidates: Iterable[Candidate], starts: Mapping[str, int]) -> dict[str, float]:
    """Gain that a choice counts too often, by team: more hours would be freed than the team works; each at the dearest of its workflows.

    Example:
        >>> from advisorkit.study.candidates import Freed
        >>> both = [Candidate(name, 100.0, 0.0, 40.0, 10.0, freed=Freed("Claims", 80.0, 100.0, 1.0)) for name in "ab"]
        >>> beyond(both, {"a": 0}), beyond(both, {"a": 0, "b": 1}), worth(both, {"a": 0, "b": 0})[0]
        ({'Claims': 0.0}, {'Claims': 60.0}, 140.0)
    """
    teams = _teams(candidates)
    return {
        name: max(0.0, sum(one.freed.hours for one in found if one.freed and one.id in starts) - most) * dear for name, (found, most, dear) in teams.items()
    }  # fmt: skip


def _teams(candidates: Iterable[Candidate]) -> dict[str, tuple[list[Candidate], float, float]]:
    """Workflows of each team whose hours are known, the hours that it works in a month, and what the dearest of a freed hour brings."""
    found = dict[str, list[Candidate]]()
    for one in candidates:
        if one.freed:
            found.setdefault(one.freed.team, []).append(one)
    freed = {name: [one.freed for one in these if one.freed] for name, these in found.items()}
    return {name: (these, freed[name][0].most, max(one.worth for one in freed[name])) for name, these in found.items()}


def fits(candidates: Iterable[Candidate], starts: Mapping[str, int], programme: Programme) -> bool:
    """Whether a choice keeps to budget, people, quarters and order."""
    chosen = {one.id: one for one in candidates if one.id in starts}
    ordered = all(before in starts and starts[before] + chosen[before].quarters <= starts[one.id] for one in chosen.values() for before in one.after)
    inside = all(starts[one.id] + one.quarters <= programme.quarters for one in chosen.values())
    paid = programme.budget is None or worth(chosen.values(), starts)[1] <= programme.budget * (1 + _SLACK)
    asked = [(days, people(chosen.values(), starts, role, programme.quarters)) for role, days in programme.people_per_quarter.items()]
    asked += [(_most(hours), _own(these, starts, "staff", programme.quarters)) for these, hours, _ in _teams(chosen.values()).values()]
    return ordered and inside and paid and all(used <= days * (1 + _SLACK) + _SLACK for days, quarters in asked for used in quarters)


def _most(hours: float) -> float:
    """Days in a quarter of a team that works so many hours a month."""
    return hours * 3 / HOURS


def people(candidates: Iterable[Candidate], starts: Mapping[str, int], role: Role, quarters: int) -> list[float]:
    """Days of a role in every quarter; shared parts fall into the quarter in which the first of their users begins."""
    chosen = [one for one in candidates if one.id in starts]
    days = _own(chosen, starts, role, quarters)
    for name in {name for one in chosen for name in one.shares}:
        users = [one for one in chosen if name in one.shares]
        first = min(starts[one.id] for one in users)
        days[first] += max(one.shares[name].days.get(role, 0.0) for one in users if starts[one.id] == first)
    return days


def _own(chosen: Iterable[Candidate], starts: Mapping[str, int], role: Role, quarters: int) -> list[float]:
    """The same without shared parts."""
    days = [0.0] * quarters
    for one in chosen:
        for quarter in range(starts[one.id], min(starts[one.id] + one.quarters, quarters)):
            days[quarter] += one.days.get(role, 0.0) / one.quarters
    return days


def greedy(candidates: Sequence[Candidate], programme: Programme) -> Roadmap:
    """Workflow after workflow by gain for each unit of money, each as early as it fits: what a list sorted by hand would do."""
    starts = dict[str, int]()
    order = sorted(in_order(candidates), key=lambda one: -one.gain / max(one.cost, 1.0))
    added = True
    while added:  # one that waits for another fits once that one is in
        added = False
        for one in order:
            tries = ({**starts, one.id: quarter} for quarter in range(programme.quarters)) if one.id not in starts else ()
            better = next((found for found in tries if fits(candidates, found, programme) and worth(candidates, found)[0] > worth(candidates, starts)[0]), None)
            starts, added = better or starts, added or better is not None
    return Roadmap(_sorted(starts), *worth(candidates, starts))


def roadmap(candidates: Sequence[Candidate], programme: Programme, seconds: float = SECONDS) -> Roadmap:
    """The choice and order with the largest expected gain.

    Args:
        candidates: What may be chosen.
        programme: Budget, people a quarter and quarters; what it does not name has no limit.
        seconds: Time for the solver.

    Example:
        >>> small, large = Candidate("small", 100.0, 0.0, 40.0, 5.0), Candidate("large", 130.0, 0.0, 90.0, 5.0)
        >>> dict(roadmap([small, large], Programme(budget=100.0)).starts)
        {'large': 0}
    """
    usable = [one for one in in_order(candidates) if one.quarters <= programme.quarters]
    if not usable:
        return Roadmap({}, 0.0, 0.0)
    model = _Model(usable, programme)
    found = model.solved(seconds)
    hand = greedy(usable, programme)
    starts = model.starts(found.x) if found.x is not None else {}
    if not fits(usable, starts, programme) or worth(usable, starts)[0] < hand.gain:
        starts = dict(hand.starts)
    starts = _early(usable, starts, programme)
    gain, cost = worth(usable, starts)
    bound = -found.mip_dual_bound if found.mip_dual_bound is not None else gain
    return Roadmap(_sorted(starts), gain, cost, max(0.0, bound - gain) / max(bound, 1.0) if bound - gain > 1e-4 * max(gain, 1.0) else 0.0)


def one_more(candidates: Sequence[Candidate], programme: Programme, base: Roadmap, share: float = 0.1, seconds: float = SECONDS / 6) -> dict[str, float]:
    """What a tenth more of the budget, or of the days of a role, would add to the gain; only for limits that are set."""
    more: dict[str, Programme] = {"budget": replace(programme, budget=programme.budget * (1 + share))} if programme.budget else {}
    for role, days in programme.people_per_quarter.items():
        more[role] = replace(programme, people_per_quarter={**programme.people_per_quarter, role: days * (1 + share)})
    return {name: max(0.0, roadmap(candidates, wider, seconds).gain - base.gain) for name, wider in more.items()}


def _early(candidates: Sequence[Candidate], starts: Mapping[str, int], programme: Programme) -> dict[str, int]:
    """The same choice, each begun as early as everything fits: waiting brings nothing."""
    found = dict(starts)
    for name in _sorted(starts):
        found[name] = next(q for q in range(found[name] + 1) if q == found[name] or fits(candidates, {**found, name: q}, programme))
    return found


def _sorted(starts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(starts.items(), key=lambda one: one[1]))


@contextmanager
def _unheard() -> Iterator[None]:
    """Keep from standard output what the solver's C++ code prints there, whatever it is told; documents stand there."""
    kept = os.dup(1)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


class _Model:
    """The choice as a mixed-integer programme: a column a workflow and quarter of its start, and one for what the dearest user of a part pays."""

    def __init__(self, candidates: Sequence[Candidate], programme: Programme) -> None:
        self.candidates, self.programme, self.goal = candidates, programme, list[float]()
        parts = {one.id: sum(part.worth for part in one.shares.values()) for one in candidates}
        self.start = {(one.id, q): self._column(one.waiting * q - one.gain - parts[one.id]) for one in candidates for q in self._quarters(one)}
        self.users = {name: [one for one in candidates if name in one.shares] for name in dict.fromkeys(name for one in candidates for name in one.shares)}
        self.paid = {(name, what): self._column(float(what == "worth")) for name in self.users for what in ("worth", "cost")}
        limited = [role for role in ROLES if role in programme.people_per_quarter]
        self.built = {(name, role, q): self._column(0.0) for name in self.users for role in limited for q in range(programme.quarters)}
        self.teams = _teams(candidates)
        self.beyond = {name: self._column(dear) for name, (_, _, dear) in self.teams.items()}
        self.entries, self.limits = list[tuple[int, int, float]](), list[float]()

    def _column(self, cost: float) -> int:
        """The number of a new column, one of which takes `cost` from the gain."""
        self.goal.append(cost)
        return len(self.goal) - 1

    def solved(self, seconds: float) -> Any:
        """SciPy's result of the search."""
        for write in (self._once, self._ordered, self._budget, self._shared, self._people, self._hours):
            write()
        whole = np.arange(len(self.goal)) < len(self.start)
        rows, places, values = zip(*self.entries, strict=True)
        scipy, sparse = import_module("scipy.optimize"), import_module("scipy.sparse")  # half a second that few commands need
        table = sparse.coo_array((values, (rows, places)), shape=(len(self.limits), len(self.goal))).tocsr()
        with _unheard():
            return scipy.milp(
                self.goal, integrality=whole, bounds=scipy.Bounds(0, np.where(whole, 1.0, np.inf)), constraints=scipy.LinearConstraint(table, -np.inf, np.array(self.limits)),
                options={"time_limit": seconds, "mip_rel_gap": 1e-6},
            )  # fmt: skip

    def starts(self, found: Any) -> dict[str, int]:
        """The chosen workflows with the quarter in which each begins."""
        return {name: q for (name, q), column in self.start.items() if found[column] > 0.5}

    def _quarters(self, one: Candidate) -> range:
        return range(self.programme.quarters - one.quarters + 1)

    def _limit(self, line: Mapping[int, float], most: float) -> None:
        self.entries += [(len(self.limits), column, value) for column, value in line.items()]
        self.limits.append(most)

    def _once(self) -> None:
        for one in self.candidates:
            self._limit({self.start[one.id, q]: 1.0 for q in self._quarters(one)}, 1.0)

    def _ordered(self) -> None:
        """A workflow begins in a quarter only if all that it waits for have ended before."""
        known = {one.id: one for one in self.candidates}
        for one in self.candidates:
            for first in one.after:
                for q in self._quarters(one):
                    before = [self.start[first, p] for p in self._quarters(known[first]) if p + known[first].quarters <= q] if first in known else []
                    self._limit({self.start[one.id, q]: 1.0} | dict.fromkeys(before, -1.0), 0.0)

    def _budget(self) -> None:
        if self.programme.budget is not None:
            own = {self.start[one.id, q]: one.cost - sum(part.cost for part in one.shares.values()) for one in self.candidates for q in self._quarters(one)}
            self._limit(own | {self.paid[name, "cost"]: 1.0 for name in self.users}, self.programme.budget)

    def _shared(self) -> None:
        for (name, what), column in self.paid.items():
            for one in self.users[name]:
                self._limit({self.start[one.id, q]: getattr(one.shares[name], what) for q in self._quarters(one)} | {column: -1.0}, 0.0)

    def _hours(self) -> None:
        """What is asked of a team for building, and what is freed of its hours."""
        for name, (these, most, _) in self.teams.items():
            for quarter in range(self.programme.quarters):
                self._limit(self._own(these, "staff", quarter), _most(most))
            freed = {self.start[one.id, q]: one.freed.hours for one in these for q in self._quarters(one) if one.freed}
            self._limit(freed | {self.beyond[name]: -1.0}, most)

    def _own(self, these: Iterable[Candidate], role: Role, quarter: int) -> dict[int, float]:
        """Days of a role that workflows take in a quarter, shared parts apart."""
        return {self.start[one.id, q]: one.days.get(role, 0.0) / one.quarters for one in these for q in self._quarters(one) if q <= quarter < q + one.quarters}

    def _people(self) -> None:
        for role, days in self.programme.people_per_quarter.items():
            for quarter in range(self.programme.quarters):
                self._limit(self._own(self.candidates, role, quarter) | {self.built[name, role, quarter]: 1.0 for name in self.users}, days)
        for (name, role, quarter), column in self.built.items():
            for one in self.users[name]:
                needed = one.shares[name].days.get(role, 0.0)
                if quarter in self._quarters(one) and needed:
                    earlier = {self.start[other.id, q]: -needed for other in self.users[name] for q in self._quarters(other) if q < quarter}
                    self._limit(earlier | {self.start[one.id, quarter]: needed, column: -1.0}, 0.0)
