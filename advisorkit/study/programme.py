"""All workflows of an engagement as one programme: what is chosen, when, what waits and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from advisorkit.files.texts import Texts
from advisorkit.study.candidates import Aside, Candidate, candidate
from advisorkit.study.roadmap import Roadmap, fits, greedy, in_order, one_more, people, roadmap, worth
from advisorkit.study.study import Study
from advisorkit.values.errors import UsageError
from advisorkit.values.locale import locale
from advisorkit.values.people import Programme
from advisorkit.values.quantities import money_short

_SAY = Texts("programme").say
_ASKED = 3
"""Questions that are named for the whole list."""


@dataclass(frozen=True)
class Selection:
    """What is chosen of several workflows, worked out when somebody looks."""

    studies: tuple[Study, ...]
    """Every workflow of one engagement."""

    @property
    def programme(self) -> Programme:
        """Budget, people and quarters; without limits where nobody has said."""
        return self.studies[0].engagement.programme or Programme()

    @cached_property
    def _weighed(self) -> tuple[Candidate | Aside, ...]:
        return tuple(map(candidate, self.studies))

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """What may be chosen, the most gain for its money first."""
        return tuple(sorted((one for one in self._weighed if isinstance(one, Candidate)), key=lambda one: -one.gain / max(one.cost, 1.0)))

    @cached_property
    def chosen(self) -> Roadmap:
        """The choice that gains most."""
        return roadmap(self.candidates, self.programme)

    @cached_property
    def by_hand(self) -> Roadmap:
        """What taking the best of a sorted list would choose."""
        return greedy(self.candidates, self.programme)

    @cached_property
    def one_more(self) -> Mapping[str, float]:
        """What a tenth more of each limit would add to the gain."""
        return one_more(self.candidates, self.programme, self.chosen)

    @property
    def cheapest_pilot(self) -> float | None:
        """The smallest next step of all candidates; None without any."""
        return min((one.ask for one in self.candidates), default=None)

    def asks(self, quarter: int) -> float:
        """Money for the next steps of what begins in `quarter`, counted from 0."""
        return sum(one.ask for one in self.candidates if self.chosen.starts.get(one.id) == quarter)

    def days(self, role: str, quarter: int) -> float:
        """Days of a role that the choice takes in `quarter`."""
        return people(self.candidates, self.chosen.starts, role, self.programme.quarters)[quarter]  # type: ignore[arg-type]

    def first_day(self, quarter: int) -> date:
        """First day of `quarter`, counted from 0."""
        start = self.programme.start or self.studies[0].engagement.as_of
        months = start.month - 1 + 3 * quarter
        return date(start.year + months // 12, months % 12 + 1, 1 if quarter else start.day)

    @cached_property
    def shared(self) -> tuple[tuple[str, tuple[str, ...], float], ...]:
        """What several of the chosen build on: its name, its users, and the money that sharing saves."""
        users = dict[str, list[Candidate]]()
        for one in self.candidates:
            for name in one.shares if one.id in self.chosen.starts else ():
                users.setdefault(name, []).append(one)
        costs = {name: [one.shares[name].cost for one in found] for name, found in users.items()}
        return tuple((name, tuple(one.id for one in found), sum(costs[name]) - max(costs[name])) for name, found in users.items() if len(found) > 1)

    @cached_property
    def questions(self) -> tuple[tuple[str, int], ...]:
        """What to ask of the whole list first: what tells most of all workflows together, and how many wait for it.

        Figures without which a workflow cannot be ranked come first; then the questions by what they tell in bits.
        """
        lacking = Counter(row.assumption.label for one in self._weighed if isinstance(one, Aside) for row in one.ask)
        told, bits = Counter[str](), defaultdict[str, float](float)
        for question in (question for one in self.studies for question in one.advice.next_questions):
            told[question.question] += 1
            bits[question.question] += question.information_bits
        best = sorted(bits, key=lambda asked: -bits[asked])
        return (*lacking.most_common(_ASKED), *((asked, told[asked]) for asked in best))[:_ASKED]

    @cached_property
    def dropped(self) -> Mapping[str, str]:
        """Why each workflow that is not chosen is not, in a sentence, by its id."""
        return {one.id: self._why(one) for one in self._weighed if one.id not in self.chosen.starts}

    def _why(self, one: Candidate | Aside) -> str:
        if isinstance(one, Aside):
            names = ", ".join(locale().lowered(row.assumption.label) for row in one.ask)
            return _SAY(f"why.{one.kind if names or one.kind != 'ask' else 'unknown'}", names=names)
        currency, starts, limits = self.studies[0].currency, self.chosen.starts, self.programme
        if lacking := [name for name in one.after if name not in starts]:
            return _SAY("why.after", names=", ".join(lacking))
        if one.quarters > limits.quarters:
            return _SAY("why.late", takes=one.quarters, quarters=limits.quarters)
        more = worth(self.candidates, {**starts, one.id: 0})[1] - self.chosen.cost
        left = None if limits.budget is None else limits.budget - self.chosen.cost
        if left is not None and more > left:
            return _SAY("why.budget", more=money_short(more, currency), left=money_short(max(left, 0.0), currency))
        if not any(fits(self.candidates, {**starts, one.id: quarter}, limits) for quarter in range(limits.quarters)):
            return _SAY("why.people")
        return _SAY("why.little")


def selection(studies: Sequence[Study]) -> Selection:
    """The programme of `studies`.

    Raises:
        UsageError: If no money is told of them, the programme ends beyond any calendar, or workflows wait for one that is not there or for each other.
    """
    found = Selection(tuple(studies))
    known = [one.workflow.id for one in studies]
    if strange := [f"{one.workflow.id} waits for {name}" for one in studies for name in one.workflow.after if name not in known]:
        raise UsageError(f"{'; '.join(strange)}: no workflow has that id; there is {', '.join(known[:20])}")
    if not studies[0].priced:
        raise UsageError(_SAY("unpriced"))
    try:
        found.first_day(found.programme.quarters)
    except ValueError:
        raise UsageError(f"programme: {found.programme.quarters} quarters from {found.first_day(0)} end beyond any calendar; give an earlier start") from None
    in_order(found.candidates)
    return found
