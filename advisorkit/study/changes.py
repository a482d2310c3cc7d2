"""What differs between two states of an engagement, and which kind of change moved advice and money."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from advisorkit.pilots.established import Established
from advisorkit.store.reading import document
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.messages import UsageError

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
    rest = [_plain(replace(state, workflows=state.workflows[:1])) for state in (old, new)]
    for one in rest:
        del one["workflows"]
    own = [change for name in before if name in after for change in _differing(name, _own(old, before[name]), _own(new, after[name]))]
    return (*gone, *come, *_differing("", *rest), *own)


def _plain(engagement: Engagement) -> dict[str, Any]:
    return dict(document(engagement))


def _own(engagement: Engagement, workflow: Workflow) -> dict[str, Any]:
    return dict(_plain(replace(engagement, workflows=(workflow,)))["workflows"][0])


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
