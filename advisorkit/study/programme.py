"""All workflows of an engagement as one programme: what they cost together where several share, what is chosen, when, what waits and why."""

import re
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from importlib import import_module

from advisorkit.advice.flips import NextQuestion
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.costs.bill import Chosen, saved_by_sharing
from advisorkit.costs.money import THOUSANDS
from advisorkit.files.texts import Texts
from advisorkit.pilots.established import Established
from advisorkit.study.candidates import Aside, Candidate, Joint, Weighed, as_project, joint, team, weigh_once, weighed
from advisorkit.study.roadmap import SECONDS, Roadmap, circles, fits, greedy, one_more, people, roadmap, worth
from advisorkit.study.shapes import placed
from advisorkit.study.study import Study
from advisorkit.values.criteria import TOPICS, PatternId
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import UsageError, locale, nearest
from advisorkit.values.people import Programme
from advisorkit.values.quantities import money_short


@dataclass(frozen=True, slots=True)
class Together:
    """Money that leaves the house for the destinations of several workflows, at likely values over the horizon."""

    alone: Mapping[str, float | None]
    """By workflow id when each pays for everything; None where it is not known."""
    saved: float | None
    """What platforms and bodies of documents that stand once take off; None where an amount is not known."""
    unit: int
    """1000 or 1: the unit in which amounts are printed."""
    gain: float
    """What those of them gain against today whose gain is known, each rounded to the unit; with what sharing saves where all are known."""
    spent: float
    """What they pay with sharing as far as it is known, each rounded to the unit."""
    known: int
    """Of how many the gain is known."""

    @property
    def counted(self) -> bool:
        """Whether every gain is known, so that what sharing saves is part of their sum."""
        return self.saved is not None and self.known == len(self.alone)

    @property
    def shared(self) -> float | None:
        """What all pay with sharing."""
        return None if self.saved is None else sum(amount or 0.0 for amount in self.alone.values()) - self.saved


def together(found: Sequence[Study]) -> Together | None:
    """What workflows cost together, those left out that stop or that something simpler fits; None where none of them, or of fewer than two, is left."""
    chosen = [one for one in found if one.priced and not one.decision.ended]
    if len(found) < 2 or not chosen:
        return None
    saved = saved_by_sharing([Chosen(one.bill, one.decision.destination, one.workflow.corpus) for one in chosen])
    gains = [one.rank.gain for one in chosen if one.rank.gain is not None and not one.rank.assumed]
    known, unit = len(gains), _unit(*gains, *(one.outside or 0.0 for one in chosen))
    gains = [*gains, saved or 0.0] if known == len(chosen) else gains
    gain = float(sum(round(amount / unit) for amount in gains) * unit)
    alone = {one.workflow.id: one.outside for one in chosen}
    spent = float(sum(round((amount or 0.0) / unit) for amount in (*alone.values(), saved and -saved)) * unit)
    made = Together(alone, saved, unit, gain, spent, known)
    return placed(made, "portfolio") if chosen[0].cited else made


def _unit(*amounts: float) -> int:
    """1000 or 1: the unit in which a table of such amounts is printed."""
    return 1000 if max(map(abs, amounts), default=0.0) >= THOUSANDS else 1


def _best_first(shares: Iterable[Candidate | Aside]) -> tuple[Candidate, ...]:
    """What may be chosen, the most gain for its money first."""
    return tuple(sorted((one for one in shares if isinstance(one, Candidate)), key=lambda one: -one.gain / max(one.cost, 1.0)))


_SAY = Texts("programme").say
_ALIKE = 88
"""Likeness of words, of 100, from which two workflows may be one (token sort ratio of rapidfuzz)."""
DROPPED = ("simpler", "stops", "loses", "staged")
"""Why a workflow is dropped for good; all others wait."""
_ASKED = 3
"""Questions that are named for the whole list."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a choice asks and brings as it is told: every amount rounded to the unit, so that its table adds up."""

    ask_now: float
    """Money for the next steps of what begins at once."""
    cost: float
    """Money out of the house until all are in use, what is shared paid once."""
    gain: float
    """Gain against today over the horizon."""
    cost_spared: float
    """What is taken off `cost` because several share it."""
    gain_moved: float
    """What `gain` is moved by: shared parts paid once, less what later starts and hours counted twice take."""


@dataclass(frozen=True)
class Selection:
    """What is chosen of several workflows, worked out when somebody looks."""

    engagement: Engagement
    """The client's file or list."""
    rows: tuple[Weighed, ...]
    """Every workflow of it."""
    pilots: Mapping[str, Established] = field(default_factory=dict)
    """What marked pilots establish, by workflow id."""
    seconds: float = SECONDS
    """Time for the solver."""

    @property
    def programme(self) -> Programme:
        """Budget, people and quarters; without limits where nobody has said."""
        return self.engagement.programme or Programme()

    @property
    def months(self) -> int:
        """Months over which money is counted."""
        return self.rows[0].months

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """What may be chosen, the most gain for its money first."""
        return _best_first(one.share for one in self.rows)

    @cached_property
    def chosen(self) -> Roadmap:
        """The choice that gains most."""
        return roadmap(self.candidates, self.programme, self.seconds)

    @cached_property
    def by_hand(self) -> Roadmap:
        """What taking the best of a sorted list would choose."""
        return greedy(self.candidates, self.programme)

    @cached_property
    def one_more(self) -> Mapping[str, float]:
        """What a tenth more of each limit would add to the gain."""
        return one_more(self.candidates, self.programme, self.chosen, seconds=self.seconds / 6)

    @cached_property
    def joint(self) -> Joint:
        """What the choice comes to in ranges, on draws that all of it share."""
        made, chosen = self.chosen, {one.id: one for one in self.candidates if one.id in self.chosen.starts}
        alone = sum(one.gain - one.waiting * made.starts[name] for name, one in chosen.items()), sum(one.cost for one in chosen.values())
        studies = [Study(self.engagement, one, self.pilots.get(one.id)) for one in self.engagement.workflows if one.id in chosen]
        return joint(studies, chosen, made.starts, (made.gain - alone[0], alone[1] - made.cost), self.programme.quarters)

    @cached_property
    def unit(self) -> int:
        """1000 or 1: the unit in which amounts are printed."""
        return _unit(*(amount for one in self.candidates for amount in (one.gain, one.cost)))

    @cached_property
    def sums(self) -> Sums:
        """What the choice asks and brings, as its table adds up."""
        made, begun = self.chosen, [one for one in self.candidates if one.id in self.chosen.starts]
        spared, moved = self.whole(made.cost - sum(one.cost for one in begun)), self.whole(made.gain - sum(one.gain for one in begun))
        cost, gain = sum(self.whole(one.cost) for one in begun), sum(self.whole(one.gain) for one in begun)
        return Sums(self.asks(0), cost + spared, gain + moved, spared, moved)

    def whole(self, amount: float) -> float:
        """An amount as the table prints it."""
        return float(round(amount / self.unit) * self.unit)

    @property
    def left(self) -> float | None:
        """Money of the budget that the choice leaves; None without a budget."""
        return None if self.programme.budget is None else max(self.programme.budget - self.sums.cost, 0.0)

    @property
    def cheapest_pilot(self) -> float | None:
        """The smallest next step of all candidates; None without any."""
        return min((one.ask for one in self.candidates), default=None)

    def asks(self, quarter: int) -> float:
        """Money for the next steps of what begins in `quarter`, counted from 0, each as it is told."""
        return sum(self.whole(as_project(one.ask)) for one in self.candidates if self.chosen.starts.get(one.id) == quarter)

    @cached_property
    def apart(self) -> tuple[Weighed, ...]:
        """Workflows that ask for a next step of their own and are in no sum, as nobody knows yet whether they gain; none under a budget."""
        open_ = (one for one in self.rows if isinstance(one.share, Aside) and one.share.kind in ("ask", "marks") and one.ask)
        return tuple(open_) if self.programme.budget is None else ()

    @property
    def asked_apart(self) -> float:
        """Money for those steps."""
        return sum(self.whole(as_project(one.ask or 0.0)) for one in self.apart)

    def days(self, role: str, quarter: int) -> float:
        """Days of a role that the choice takes in `quarter`."""
        return people(self.candidates, self.chosen.starts, role, self.programme.quarters)[quarter]  # type: ignore[arg-type]

    def first_day(self, quarter: int) -> date:
        """First day of `quarter`, counted from 0."""
        start = self.programme.start or self.engagement.as_of
        months = start.month - 1 + 3 * quarter
        year, month = start.year + months // 12, months % 12 + 1
        return date(year, month, min(start.day, monthrange(year, month)[1]))

    @cached_property
    def shared(self) -> tuple[tuple[str, tuple[str, ...], float], ...]:
        """What several of the chosen build on: its name, its users, and the money that sharing saves."""
        users = dict[str, list[Candidate]]()
        for one in self.candidates:
            for name in one.shares if one.id in self.chosen.starts else ():
                users.setdefault(name, []).append(one)
        costs = {name: [one.shares[name].cost for one in found] for name, found in users.items()}
        return tuple((name, tuple(one.id for one in found), sum(costs[name]) - max(costs[name])) for name, found in users.items() if len(found) > 1)

    @property
    def saved(self) -> float:
        """Money that sharing saves in all."""
        return sum(saved for *_, saved in self.shared)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every workflow by its id: what is chosen as it begins, then what gains most for its money, then what is no candidate."""
        return tuple(dict.fromkeys((*self.chosen.starts, *(one.id for one in self.candidates), *self.dropped)))

    @property
    def ends(self) -> Mapping[PatternId, int]:
        """How many workflows end with each pattern; those that stop or that something simpler fits are in none."""
        return Counter(one.decision.destination for one in self.rows if not one.decision.ended)

    @cached_property
    def telling(self) -> tuple[NextQuestion, ...]:
        """Open questions by what their answers tell of all workflows together, in bits."""
        asked, bits = dict[str, NextQuestion](), defaultdict[str, float](float)
        for question in (question for one in self.rows for question in one.questions):
            asked[question.criterion] = question
            bits[question.criterion] += question.information_bits
        return tuple(replace(asked[name], information_bits=bits[name]) for name in sorted(bits, key=lambda name: -bits[name]))

    @property
    def questions(self) -> tuple[tuple[str, int], ...]:
        """What to ask of the whole list first, and how many workflows wait for it.

        What may show that something simpler does, then figures without which one cannot be ranked, then what tells most.
        """
        ramps = {gate.criterion for gate in load_catalog().gates if gate.kind == "off_ramp"}
        simpler = next((one for one in self.telling if one.criterion in ramps), None)
        lacking = Counter(row.assumption.label for one in self.rows if isinstance(one.share, Aside) for row in one.share.ask)
        waiting = Counter(question.criterion for one in self.rows for question in one.questions)
        asked = [(one.question, waiting[one.criterion]) for one in sorted(self.telling, key=lambda one: one is not simpler)]
        first = 1 if simpler else 0
        return (*asked[:first], *lacking.most_common(_ASKED), *asked[first:])[:_ASKED]

    @cached_property
    def alike(self) -> tuple[tuple[str, str], ...]:
        """Pairs of workflows whose words are so alike that one may be the other, by their ids; those whose numbers differ are not."""
        told = [" ".join((one.workflow.name, *one.workflow.context.values(), *one.workflow.listed.values())).lower() for one in self.rows]
        scores = import_module("rapidfuzz.process").cdist(told, told, scorer=import_module("rapidfuzz.fuzz").token_sort_ratio, score_cutoff=_ALIKE)
        pairs = ((int(a), int(b)) for a, b in zip(*scores.nonzero(), strict=True) if a < b)
        numbers = [sorted(re.findall(r"\d+", words)) for words in told]
        return tuple((self.rows[a].share.id, self.rows[b].share.id) for a, b in pairs if numbers[a] == numbers[b])

    @cached_property
    def answered(self) -> Mapping[str, float]:
        """Share of the questions of each topic that are answered, over all workflows; by topic in workshop order."""
        catalog, found = load_catalog(), dict[str, float]()
        told = Counter(name for one in self.rows for name, answer in self.engagement.answers_of(one.workflow).items() if not answer.unknown)
        for topic in TOPICS:
            asked = [name for name, one in catalog.criteria.items() if one.topic == topic]
            found |= {topic: sum(told[name] for name in asked) / (len(asked) * len(self.rows))} if asked else {}
        return found

    @property
    def quick(self) -> tuple[str, ...]:
        """Chosen workflows that begin at once, lack nothing, are built within a quarter and gain more than they cost, by id."""
        ready, begun = {one.share.id for one in self.rows if not one.lacks}, self.chosen.starts
        return tuple(one.id for one in self.candidates if begun.get(one.id) == 0 and one.id in ready and one.quarters == 1 and one.gain > one.cost)

    @cached_property
    def dropped(self) -> Mapping[str, str]:
        """Why each workflow that is not chosen is not, in a sentence, by its id; first those to drop for something simpler, then those that do not pay."""
        left = {one.share.id: one for one in self.rows if one.share.id not in self.chosen.starts}
        first = [name for kind in DROPPED for name, one in left.items() if isinstance(one.share, Aside) and one.share.kind == kind]
        return {name: self._why(left[name]) for name in dict.fromkeys((*first, *left))}

    def _why(self, row: Weighed) -> str:
        one, ramp = row.share, row.decision.off_ramp
        if isinstance(one, Aside) and one.kind == "simpler" and ramp:
            return _SAY("why.simpler", name=load_catalog().off_ramps[ramp.kind].name, reason=ramp.reason)
        if isinstance(one, Aside):
            names = ", ".join(locale().lowered(row.assumption.label) for row in one.ask)
            return _SAY(f"why.{one.kind if names or one.kind != 'ask' else 'unknown'}", names=names)
        currency, starts, limits = self.engagement.currency, self.chosen.starts, self.programme
        if lacking := [name for name in one.after if name not in starts]:
            return _SAY("why.after", names=", ".join(self.engagement.workflow(name).name for name in lacking))
        if one.quarters > limits.quarters:
            return _SAY("why.late", takes=one.quarters, quarters=limits.quarters)
        more = worth(self.candidates, {**starts, one.id: 0})[1] - self.chosen.cost
        if self.left is not None and more > self.left:
            return _SAY("why.budget", left=money_short(self.left, currency))
        if not any(fits(self.candidates, {**starts, one.id: quarter}, limits) for quarter in range(limits.quarters)):
            return _SAY("why.people")
        return _SAY("why.little")


def weigh(engagement: Engagement, pilots: Mapping[str, Established]) -> tuple[Weighed, ...]:
    """Every workflow of `engagement` as a programme weighs it; those that only words tell apart are worked out once."""
    return weigh_once(engagement, pilots, lambda several: (weighed(Study(engagement, one, pilots.get(one.id))) for one in several))


def sound(engagement: Engagement) -> Engagement:
    """`engagement`, once its workflows can be one programme; checked before anything is worked out.

    Raises:
        UsageError: If no money is told of them, the programme ends beyond any calendar, or workflows wait for one that is not there or for each other.
    """
    found, known, faults = Selection(engagement, ()), [one.id for one in engagement.workflows], list[str]()
    for one in engagement.workflows:
        for name in (name for name in one.after if name not in known):
            near = nearest(name, known) or known[:20]
            faults.append(f"{one.id} waits for {name}, and no workflow has that id; there is {', '.join(near)}")
    teams = dict.fromkeys(team(one) for one in engagement.workflows)
    known_teams = ", ".join(filter(None, teams)) or "none"
    missing = [name for name in found.programme.team_hours if name not in teams]
    faults += [f"programme.team_hours: no workflow's department or owner is {name}; there is {known_teams}" for name in missing]
    if not engagement.priced:
        faults.append(_SAY("unpriced"))
    if circle := circles({one.id: one.after for one in engagement.workflows}):
        faults.append(f"these workflows wait for each other: {', '.join(circle)}; take one out of their after")
    try:
        found.first_day(found.programme.quarters)
    except ValueError:
        faults.append(f"programme: {found.programme.quarters} quarters from {found.first_day(0)} end beyond any calendar; give an earlier start")
    if faults:
        raise UsageError("\n".join(faults))
    return engagement


def selection(studies: Sequence[Study]) -> Selection:
    """The programme of workflows of one engagement, from what is worked out of them; refuses what `sound` refuses."""
    found, pilots = {one.workflow.id: one for one in studies}, {one.workflow.id: one.pilot for one in studies if one.pilot}
    engagement = sound(replace(studies[0].engagement, workflows=tuple(one.workflow for one in studies)))
    return Selection(engagement, weigh_once(engagement, pilots, lambda several: (weighed(found[one.id]) for one in several)), pilots)
