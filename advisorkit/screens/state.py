"""What is being worked on and how a screen stands, as values: every edit makes a new one, so that undo is looking back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from advisorkit.values.displayed import Displayed
from advisorkit.values.engagement import Answer, Engagement, Scenario, Workflow
from advisorkit.values.messages import UsageError, here


@dataclass(frozen=True, slots=True, repr=False)
class State(Displayed):
    """An agreed engagement, where the user stands in it, and what is tried beside it."""

    engagement: Engagement
    """What was agreed; this is what the file holds."""
    workflow: str
    """Id of the workflow on screen."""
    scenario: str = ""
    """Name of the scenario on screen; empty means the base case."""
    tried: Mapping[str, Scenario] = field(default_factory=dict)
    """Changes that are tried and not agreed, by workflow id."""
    parked: tuple[str, ...] = ()
    """Criteria put aside for later, oldest first."""
    absent: tuple[str, ...] = ()
    """Who is not in the room: business, IT, legal."""

    @property
    def agreed(self) -> Engagement:
        """The engagement under the scenario on screen, without what is only tried."""
        return self.engagement.under(self.scenario) if self.scenario else self.engagement

    @property
    def shown(self) -> Engagement:
        """The engagement that advice and costs on screen are computed from."""
        return self.agreed.under(Scenario(workflows=self.tried)) if self.tried else self.agreed

    @property
    def current(self) -> Workflow:
        """The workflow on screen, as it is shown."""
        return self.shown.workflow(self.workflow)

    @property
    def cases(self) -> dict[str, State]:
        """The base case and every scenario of the workflow on screen, by name; what is tried counts on screen only."""
        names = ("", *self.engagement.scenarios)
        return {name: self if name == self.scenario else replace(self, tried={}).at(name) for name in names}

    @property
    def trying(self) -> Scenario:
        """What is tried for the workflow on screen."""
        return self.tried.get(self.workflow, Scenario())

    def answered(self, criterion: str, answer: Answer) -> State:
        """With `answer` agreed for the workflow on screen; in a scenario it holds there only."""
        trial = {name: value for name, value in self.trying.answers.items() if name != criterion}
        left = _trying(self, replace(self.trying, answers=trial))
        return _agreeing(left, Scenario(answers={criterion: answer}))

    def attempted(self, change: Scenario) -> State:
        """With `change` tried on top of what is tried already."""
        return _trying(self, _over(self.trying, change))

    def dropped(self, *names: str) -> State:
        """Without what is tried for `names`; without anything tried when none is named."""
        trial = self.trying
        left = Scenario(_without(trial.answers, names), _without(trial.workload, names), _without(trial.assumptions, names))
        return _trying(self, left if names else Scenario())

    def kept(self) -> State:
        """With everything that is tried for the workflow on screen agreed."""
        return _agreeing(_trying(self, Scenario()), self.trying)

    def restored(self, name: str) -> State:
        """Without an agreed value of its own for the assumption `name`, so that the default holds again."""
        own = self.engagement.workflow(self.workflow)
        workload, assumptions = _without(own.workload, (name,)), _without(own.assumptions, (name,))
        restored = self.engagement.having(replace(own, workload=workload, assumptions=assumptions))
        return replace(self.dropped(name), engagement=restored)

    def scenario_made(self, name: str) -> State:
        """With a new scenario on screen that starts from what is shown."""
        if not name.strip() or name in self.engagement.scenarios:
            raise UsageError(here("there is a scenario '{}' already", name) if name.strip() else here("a scenario needs a name"))
        start = self.engagement.scenarios[self.scenario] if self.scenario else Scenario()
        made = replace(self.engagement, scenarios={**self.engagement.scenarios, name: start})
        return replace(self, engagement=made, scenario=name).kept()

    def at(self, scenario: str) -> State:
        """With another scenario on screen."""
        if scenario:
            self.engagement.under(scenario)
        return replace(self, scenario=scenario)

    def put_aside(self, criterion: str) -> State:
        """With `criterion` parked, or taken up again when it is."""
        others = tuple(name for name in self.parked if name != criterion)
        return replace(self, parked=others if criterion in self.parked else (*self.parked, criterion))


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
class Look:
    """How a screen stands: what the user looks at; nothing here changes a result."""

    section: str = "assessment"
    """Which workbook: assessment, costs, pilot, portfolio or deliver."""
    layouts: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Own layouts by workbook; the house's where there is none."""
    presenting: bool = False
    """Large type, client words only."""
    asked: str = ""
    """Criterion taken up by hand; empty means the next best one."""
    echo: tuple[str, str] = ("", "")
    """Criterion whose amount is being typed, and what that is understood as, where it is more than a number."""
    asking_on: bool = False
    """Whether questions go on although no answer alone can turn the advice."""
    listed: str = "matters"
    """Which assumptions are listed: matters, changed, all, or a topic."""
    sought: str = ""
    """What is looked for among the assumptions."""
    ended: frozenset[str] = frozenset()
    """Assumptions of which a low or high was typed: a likely value typed next is one of three, even where they are equal."""
    explored: frozenset[str] = frozenset()
    """Charts that are drawn by plotly, to be zoomed and read off."""
    widths: Mapping[str, float] = field(default_factory=dict)
    """Pixels that the browser has for each chart, by the chart's name."""
    theme: str = "light"
    """``light`` or ``dark``."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """What is wrong beside a control, by the control's name."""
    asks: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """What marked results leave open, by the option that settles it, with what may be chosen."""
    handed: bool = False
    """Whether a marking sheet was handed out and no results came in since."""
    read: tuple[Engagement, Engagement] | None = None
    """What was agreed when marked results were read, and what using them would make of it."""
    notices: tuple[Notice, ...] = ()
    """Above everything else."""

    def previewed(self, agreed: Engagement) -> Engagement | None:
        """What using the results that were read would make of `agreed`; None where none were, or something else was agreed since."""
        return self.read[1] if self.read and self.read[0] == agreed else None


T = TypeVar("T")


def _without(group: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    return {name: value for name, value in group.items() if name not in names}


def _over(under: Scenario, top: Scenario) -> Scenario:
    return Scenario({**under.answers, **top.answers}, {**under.workload, **top.workload}, {**under.assumptions, **top.assumptions})


def _trying(state: State, change: Scenario) -> State:
    others = _without(state.tried, (state.workflow,))
    return replace(state, tried=others if change == Scenario() else {**others, state.workflow: change})


def _agreeing(state: State, change: Scenario) -> State:
    """`change` becomes part of the scenario on screen, or of the workflow itself in the base case."""
    if not state.scenario:
        return replace(state, engagement=state.engagement.under(Scenario(workflows={state.workflow: change})))
    spread = _spread(state)
    content = Scenario(workflows={**spread, state.workflow: _over(spread.get(state.workflow, Scenario()), change)})
    scenarios = {**state.engagement.scenarios, state.scenario: content}
    return replace(state, engagement=replace(state.engagement, scenarios=scenarios))


def _spread(state: State) -> Mapping[str, Scenario]:
    """The scenario on screen by workflow; one that holds for all is spelt out for each."""
    scenario = state.engagement.scenarios[state.scenario]
    if scenario.workflows or scenario == Scenario():
        return scenario.workflows
    return {workflow.id: scenario for workflow in state.engagement.workflows}
