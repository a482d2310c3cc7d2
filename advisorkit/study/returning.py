"""Two states of a file: what differs between them and what moved the advice, what was told and kept, what use has shown, what is expected now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from advisorkit.advice.advice import Advice
from advisorkit.catalog.reading import edition
from advisorkit.costs.assumption import completed, known
from advisorkit.costs.flows import scene
from advisorkit.costs.money import THOUSANDS, likely_gain
from advisorkit.pilots.established import Established
from advisorkit.store.reading import document
from advisorkit.study.study import Study
from advisorkit.values.criteria import PatternId
from advisorkit.values.engagement import Advised, Engagement, Workflow
from advisorkit.values.messages import UsageError
from advisorkit.values.people import Measured
from advisorkit.values.quantities import Estimate, round_figures

KINDS = ("answers", "assumptions", "measured", "prices")
"""Kinds of change in the order in which their effects are told: what the client answered, what was assumed, what was measured, what is charged."""
_KIND = {
    **dict.fromkeys(("answers", "workload", "context", "notes", "corpus"), "answers"),
    **dict.fromkeys(("assumptions", "checking_plan", "priors"), "assumptions"),
    "pilots": "measured",
    **dict.fromkeys(("quotes", "prices", "exchange_rates", "as_of"), "prices"),
}  # fmt: skip
_OWN: Mapping[str, tuple[str, ...]] = {kind: tuple(name for name, its in _KIND.items() if its == kind) for kind in KINDS}


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """One thing that differs."""

    workflow: str
    """Workflow id; empty for what holds for all."""
    path: str
    """Where it stands, such as ``answers.citations``."""
    kind: str
    """One of `KINDS`, ``file`` for what moves no figure, ``workflow`` for one that came or went, ``advice`` or ``money``."""
    before: Any
    """As it stood, as JSON; None where there was nothing."""
    after: Any
    """As it stands; None where nothing is left."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A workflow of both states, with one kind of change after the other made to it."""

    steps: tuple[Study, ...]
    """As it was, then with each kind of change added, in the order of `KINDS`; the last is as it is."""

    @property
    def gains(self) -> tuple[float | None, ...]:
        """Gain of the destination after every step, at likely values; None where it is not known."""
        return tuple(one.rank.gain if one.priced and not one.decision.replaced else None for one in self.steps)


def changes(old: Engagement, new: Engagement) -> tuple[ChangedValue, ...]:
    """Every value that differs between two states of one file.

    Raises:
        UsageError: If they are of different clients or in different currencies.
    """
    if not old.of_same_client(new) or old.currency != new.currency:
        raise UsageError(f"{old.id} of {old.client} in {old.currency} and {new.id} of {new.client} in {new.currency} are not two states of one engagement")
    before, after = ({one.id: one for one in state.workflows} for state in (old, new))
    gone = [ChangedValue(name, "", "workflow", before[name].name, None) for name in before if name not in after]
    come = [ChangedValue(name, "", "workflow", None, after[name].name) for name in after if name not in before]
    rest = [document(replace(state, workflows=state.workflows[:1])) for state in (old, new)]
    for one in rest:
        del one["workflows"]
    own = [change for name in before if name in after for change in _differing(name, _own(old, before[name]), _own(new, after[name]))]
    return (*gone, *come, *_differing("", *rest), *own)


def _own(engagement: Engagement, workflow: Workflow) -> dict[str, Any]:
    return dict(document(replace(engagement, workflows=(workflow,)))["workflows"][0])


def _differing(workflow: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ChangedValue]:
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    for path in dict.fromkeys((*old, *new)):
        if old.get(path) != new.get(path):
            yield ChangedValue(workflow, path, _KIND.get(path.partition(".")[0], "file"), old.get(path), new.get(path))


def _leaves(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Values two steps deep: an answer or a setting is one thing, whatever it holds."""
    for name, member in value.items():
        if isinstance(member, Mapping) and not path:
            yield from _leaves(member, f"{name}.")
        else:
            yield f"{path}{name}", member


def moved(old: Sequence[Study], new: Sequence[Study]) -> tuple[Moved, ...]:
    """Every workflow of both states, with the kinds of change made to it one after the other."""
    before = {one.workflow.id: one for one in old}
    return tuple(Moved(tuple(_steps(before[one.workflow.id], one))) for one in new if one.workflow.id in before)


def _steps(old: Study, new: Study) -> Iterator[Study]:
    yield old
    study = old
    for kind in KINDS[:-1]:
        engagement = _with(study.engagement, new.engagement, _OWN[kind])
        workflow = _with(study.workflow, new.workflow, _OWN[kind])
        pilot: Established | None = new.pilot if kind == "measured" else study.pilot
        study = replace(study, engagement=replace(engagement, workflows=(workflow,)), workflow=workflow, pilot=pilot)
        yield study
    yield new


def _with(value: Any, other: Any, names: Sequence[str]) -> Any:
    return replace(value, **{name: getattr(other, name) for name in names if hasattr(value, name)})


SEEN = (
    "calls_per_month", "adoption", "share_taken", "minutes_per_item", "minutes_saved", "minutes_saved_share",
    "review_share", "review_minutes", "error_rate_today",
)  # fmt: skip
"""What can be measured of every workflow in use, beside right answers, build and run."""
FIGURES = 4
"""Significant figures that are kept."""


def quantities(pattern: PatternId) -> tuple[str, ...]:
    """Assumptions that a visit measures when `pattern` is in use."""
    return f"error_rate_{pattern}", f"build_cost_{pattern}", f"run_cost_{pattern}", *SEEN


def line(day: date, advice: Advice) -> Advised:
    """A line of history: the advice of a day, without figures."""
    return Advised(day, advice.workflow, advice.recommended, advice.now, advice.next_step.why)


def kept(study: Study) -> Advised:
    """Today's advice with its figures: each the likely value within its 80 % range, and what they rest on."""
    made = line(study.engagement.as_of, study.advice)
    return made if study.decision.replaced else replace(made, told=dict(_figures(study)), basis=edition())


def _figures(study: Study) -> Iterator[tuple[str, Estimate]]:
    first = study.decision.destination
    idle = "minutes_saved" if study.inputs.rows["minutes_saved"].worked_out else "minutes_saved_share"
    likely, drawn = (completed(values) for values in (study.inputs.likely(), study.inputs.draw(study.draws, study.seed)))
    found = {name: (float(likely[name]), *np.quantile(drawn[name], (0.1, 0.9)).tolist()) for name in quantities(first) if known(likely[name]) and name != idle}
    if study.priced:
        row, months = study.costs.money[first], float(scene(study.inputs, likely).clock.months["month"])
        rows = ((f"build_cost_{first}", row.build, 1.0), (f"run_cost_{first}", row.run, months))
        found |= {name: (one.likely / share, one.p10 / share, one.p90 / share) for name, one, share in rows if one}
        if gain := _gain(study, first):
            found["gain"] = (gain.likely, gain.low, gain.high)
    if (chance := study.prospects.reach[first]) is not None:
        found["reach"] = (chance, chance, chance)
    for name, ends in found.items():
        middle, low, high = (round_figures(end, FIGURES) for end in ends)
        yield name, Estimate(min(low, middle), middle, max(middle, high))


def _gain(study: Study, pattern: PatternId) -> Estimate | None:
    """What a pattern gains, as it is printed, within its 80 % range; None where that is not known."""
    row, likely = study.costs.money[pattern].gain, study.gain(pattern)
    return None if row is None or likely is None else Estimate(min(row.p10, likely), likely, max(likely, row.p90))


def told(engagement: Engagement, found: Iterable[Study]) -> Engagement:
    """The engagement with today's advice on the workflows that were worked out in its history, with its reason and figures."""
    return with_advised(engagement, *map(kept, found))


def with_advised(engagement: Engagement, *entries: Advised) -> Engagement:
    """The engagement with more lines of history; a line that repeats the workflow's last advice, figures included, or is of no workflow here is left out."""
    history, ids = list(engagement.history), {one.id for one in engagement.workflows}
    for entry in (one for one in entries if one.workflow in ids):
        last = next((one for one in reversed(history) if one.workflow == entry.workflow), None)
        before = last if last is None or entry.told else replace(last, told={}, basis=None)
        if before is None or replace(before, date=entry.date) != entry:
            history.append(entry)
    return replace(engagement, history=tuple(sorted(history, key=lambda one: one.date)))


@dataclass(frozen=True, slots=True)
class Seen:
    """One quantity of a visit."""

    name: str
    """Name of the assumption."""
    told: Estimate | None
    """What was told: the likely value within its 80 % range; None where nothing was."""
    measured: Measured | None
    """What use has shown; None where nobody has measured it."""
    now: Estimate | None
    """What is reckoned with now."""
    worth: float | None
    """By how much the measurement moves the gain, after those above it; None where it moves nothing or that is not known."""

    @property
    def inside(self) -> bool | None:
        """Whether what was measured lies in the range that was told; None where one of the two is missing."""
        return None if self.told is None or self.measured is None else self.told.low <= self.measured.value <= self.told.high


@dataclass(frozen=True)
class Visit:
    """A workflow in use, held against what was told of it."""

    study: Study
    """As it stands, with what was measured."""
    advised: Advised
    """What was told."""

    @property
    def pattern(self) -> PatternId:
        """What was advised as the destination, and so what is in use."""
        return self.advised.recommended

    @cached_property
    def seen(self) -> tuple[Seen, ...]:
        """Every quantity that was told or measured, the usual ones first."""
        measured = {one.quantity: one for one in self.study.workflow.measured}
        names = [name for name in dict.fromkeys((*quantities(self.pattern), *self.advised.told, *measured)) if name in self.advised.told or name in measured]
        rows, worth = self.study.inputs.rows, dict(self._worth([measured[name] for name in names if name in measured]))
        return tuple(Seen(name, self.advised.told.get(name), measured.get(name), rows[name].range, worth.get(name)) for name in names if name in rows)

    def _worth(self, found: Sequence[Measured]) -> Iterator[tuple[str, float | None]]:
        """By how much each of what was measured moves the gain, one after the other."""
        if not self.study.priced:
            return
        before = self._likely(())
        for n, one in enumerate(found, 1):
            after = self._likely(found[:n])
            yield one.quantity, None if before is None or after is None else after - before
            before = after

    def _likely(self, measured: Sequence[Measured]) -> float | None:
        workflow = replace(self.study.workflow, measured=tuple(measured))
        return likely_gain(replace(self.study, workflow=workflow).inputs, self.pattern)[0]

    @property
    def gain(self) -> Estimate | None:
        """What the pattern in use gains now, as it is printed, within its 80 % range; None where that is not known."""
        return _gain(self.study, self.pattern) if self.study.priced else None

    @property
    def judged(self) -> tuple[bool, ...]:
        """Of every quantity that was told and measured, whether it lies in the range that was told."""
        return tuple(one.inside for one in self.seen if one.inside is not None)

    @property
    def inside(self) -> int:
        """How many do."""
        return sum(self.judged)

    @property
    def count(self) -> int:
        """How many were both told and measured."""
        return len(self.judged)

    @property
    def expected(self) -> int:
        """How many are to be expected within ranges of 80 %."""
        return round(0.8 * self.count)

    @property
    def change(self) -> float | None:
        """By how much the gain has changed, as the difference of what is printed; None where one of the two is not known."""
        told, now = self.advised.told.get("gain"), self.gain
        return float(round(now.likely / self.unit) - round(told.likely / self.unit)) * self.unit if told and now else None

    @property
    def rest(self) -> float | None:
        """What else than measurements moved the gain, so that what is printed adds up."""
        return None if self.change is None else self.change - sum(round(one.worth / self.unit) * self.unit for one in self.seen if one.worth is not None)

    @property
    def unit(self) -> int:
        """1000 or 1: the unit in which gains are printed, so that they add up."""
        gains = (one.likely for one in (self.gain, self.advised.told.get("gain")) if one)
        return 1000 if max(map(abs, gains), default=0.0) >= THOUSANDS else 1


def visit(study: Study) -> Visit | None:
    """The visit of a workflow; None where no figures were kept."""
    found = study.engagement.told_of(study.workflow.id)
    return Visit(study, found) if found else None
