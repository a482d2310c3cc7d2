"""An engagement being worked on: edits, what-ifs, scenarios, undo, and everything that follows from them."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pandas as pd

from advisorkit.advice.advice import Advice
from advisorkit.batch.values import BatchResult
from advisorkit.catalog.reading import assumptions, load as load_catalog
from advisorkit.costs.assumption import Assumption
from advisorkit.costs.results import CostResult
from advisorkit.files.numbers import Listener
from advisorkit.files.texts import speaking, spoken
from advisorkit.screens import led
from advisorkit.screens.delivery import report
from advisorkit.screens.led import Led, Said
from advisorkit.screens.parts import tell
from advisorkit.screens.state import SessionFile, State
from advisorkit.store.reading import load
from advisorkit.study import frames as tables
from advisorkit.study.pilots import Remembered, finals, study_at
from advisorkit.study.returning import with_advised
from advisorkit.study.study import Study
from advisorkit.values.engagement import Adopted, Answer, Engagement, Scenario
from advisorkit.values.messages import AdvisorError, UsageError, here, nearest
from advisorkit.values.quantities import Estimate

T = TypeVar("T")
_REMEMBERED = 200
"""Workflows kept as worked out, so that undo and redo need no computing."""


class Work(Led):
    """One engagement file being worked on; an edit changes nothing on disk until `save` or a screen's autosave.

    Raises:
        EngagementError: With every fault of the file.

    Example:
        >>> work = Work(Path("harbour.yaml"))  # doctest: +SKIP
        >>> work.assume(engineer_day_rate=(700, 900, 1200))  # doctest: +SKIP
    """

    def __init__(self, path: Path) -> None:
        self._given = path
        self.file, self.state, notice = _opened(path)
        with speaking(self.language):
            told = load(path).notices if self.file.loaded.notices else ()
            self.notices = [*told, *filter(None, [here(notice)])]
        self.past: list[State] = []
        """States to be had by undo, oldest first."""
        self.future: list[State] = []
        """States to be had by redo, the next one last."""
        self.heard: tuple[str, ...] = ()
        """What words typed in the last edit were taken for, such as ``400 pages: about 240,000 tokens``."""
        self._listeners: list[Callable[[], None]] = []
        self._judged, self._marks = list[Study](), Remembered()
        self.edited_on_screen = False
        """Whether a browser's edit is being carried out."""
        self.started_ahead = os.environ.get("VOILA_PREHEAT") == "True"
        """Whether this session was started before anybody asked for it; until then it writes nothing."""

    @property
    def engagement(self) -> Engagement:
        """The engagement on screen: the agreed one, the scenario and what is tried laid over it."""
        return self.state.shown

    @property
    def tried(self) -> tuple[str, ...]:
        """Assumptions of the workflow on screen whose value is only tried."""
        trial = self.state.trying
        names = {*trial.answers, *trial.workload, *trial.assumptions}
        return tuple(a.name for a in assumptions().values() if a.name in names or (a.answer and a.answer in names))

    def judged(self, workflow: str = "") -> Study:
        """Everything computed about a workflow, by default the one on screen.

        Raises:
            UsageError: If there is no such workflow.
        """
        return self.judge(replace(self.state, workflow=workflow) if workflow else self.state)

    @spoken
    def judge(self, state: State) -> Study:
        """Everything computed about the workflow of `state`; remembered for a while."""
        found = self._remembered(state)
        if found is None:
            self._judged.append(found := study_at(state.shown, state.workflow, self.file.path, self._marks))
            del self._judged[: -_REMEMBERED - len(found.engagement.workflows)]
        return found

    def known(self, state: State) -> Study | None:
        """The workflow of `state` as judged; None when it was not worked out yet."""
        found = self._remembered(state)
        return found if found and found.finished else None

    def _remembered(self, state: State) -> Study | None:
        shown = state.shown
        for place, study in enumerate(self._judged):
            if study.workflow.id == state.workflow and study.holds_in(shown):
                self._judged[place] = study.within(shown)
                return self._judged[place]
        return None

    def assess(self, workflow: str = "") -> Advice:
        """The advice on a workflow, by default the one on screen.

        Raises:
            UsageError: If there is no such workflow.
        """
        return self.judged(workflow).advice

    def cost(self, workflow: str = "") -> CostResult:
        """The ranges of a workflow's costs, by default of the one on screen.

        Raises:
            UsageError: If there is no such workflow.
            PriceError: If a price or an exchange rate is not known.
        """
        return self.judged(workflow).costs

    def answer(
        self, criterion: str = "", value: Said = "unknown", *, guess: bool = False, note: str = "", private_note: str = "", said_by: str = "", **answers: Said
    ) -> object:
        """Answer one criterion of the workflow on screen, or several by name: each a level, levels on which people disagree, a number or a range.

        ``"unknown"`` is an answer too: it adds nothing and is no longer asked. In a notebook the answer is what changed.

        Raises:
            AdvisorError: If a criterion or a level is unknown, or a value does not fit; nothing is changed then.
        """
        said, state = Answer(confidence="guess" if guess else "known", note=note, private_note=private_note, said_by=said_by), self.state
        listener = Listener.of(self.engagement.currency)
        for name, given in [*([(criterion, value)] if criterion else ()), *answers.items()]:
            state = state.answered(name, led.answer(load_catalog().criterion(name), given, said, listener))
        return self._edited(state, heard=listener.told)

    def assume(self, **values: Said | bool | Adopted) -> object:
        """Try other values of assumptions, each a number, (low, high) or (low, likely, high); `keep` agrees on them.

        Raises:
            UsageError: If a name is unknown or a value does not fit; nothing is changed then, and all faults are named.
        """
        faults, state, listener = [], self.state, Listener.of(self.engagement.currency)
        for name, value in values.items():
            try:
                state = state.attempted(_trial(_assumption(name), value, listener))
            except AdvisorError as error:
                faults.append(f"{name}: {error}")
        if faults:
            raise UsageError("; ".join(faults))
        return self._edited(state, heard=listener.told)

    def reset(self, *names: str) -> object:
        """Go back to what holds without a what-if, or to the default where an own value was agreed.

        Raises:
            UsageError: If a name is unknown.
        """
        state = self.state
        for name in names:
            found = _assumption(name)
            tried = {**state.trying.answers, **state.trying.workload, **state.trying.assumptions}
            state = state.dropped(name, found.answer) if name in tried or found.answer in tried else state.restored(name)
        return self._edited(state)

    def keep(self) -> object:
        """Agree on everything that is tried for the workflow on screen; what changed is told against what was agreed before.

        Raises:
            UsageError: If it would replace what was measured and no scenario is on screen; nothing is kept then.
        """
        found = self.judge(replace(self.state, tried={}))
        if not self.state.scenario and (held := [found.inputs.rows[name].assumption.label for name in found.measured if name in self.tried]):
            raise UsageError(tell("fault.measured", names=", ".join(held)))
        return self._edited(self.state.kept(), replace(self.state, tried={}))

    def drop(self) -> None:
        """Forget everything that is tried for the workflow on screen."""
        self._step(self.state.dropped())

    def park(self, criterion: str) -> None:
        """Put a question aside, or take it up again.

        Raises:
            CatalogError: If the criterion is unknown.
        """
        load_catalog().criterion(criterion)
        self._step(self.state.put_aside(criterion))

    def invite(self, who: str, *, there: bool = True) -> None:
        """Say who is in the room (business, IT, legal), so that only they are asked."""
        others = tuple(name for name in self.state.absent if name != who)
        self.state = replace(self.state, absent=others if there else (*others, who))
        self._tell()

    def scenario(self, name: str) -> None:
        """Start a scenario from what is on screen; edits then belong to it.

        Raises:
            UsageError: If the name is empty or taken.
        """
        self._step(self.state.scenario_made(name))

    def show(self, workflow: str | None = None, scenario: str | None = None) -> None:
        """Turn to another workflow or scenario; the empty name is the base case.

        Raises:
            UsageError: If there is none of that name.
        """
        state = self.state if scenario is None else self.state.at(scenario)
        if workflow is not None:
            state.engagement.workflow(workflow)
            state = replace(state, workflow=workflow)
        self.state = state
        self._tell()

    def undo(self) -> None:
        """Take the last edit back; nothing happens when there is none."""
        if self.past:
            self.future.append(self.state)
            self.state = self.past.pop()
            self._tell()

    def redo(self) -> None:
        """Do an edit again that was taken back; nothing happens when there is none."""
        if self.future:
            self.past.append(self.state)
            self.state = self.future.pop()
            self._tell()

    def save(self) -> None:
        """Write the agreed engagement to its file.

        Raises:
            UsageError: If somebody else changed the file since, or it cannot be written.
        """
        if self.state.engagement != self.file.saved:
            self.file.save(self.state.engagement)
            self.file.note(self.state)
        elif not self.file.touched():
            self.file.refused = ""  # what could not be written was undone

    def final(self) -> Engagement:
        """The agreed state to make documents of, with what its final workflows tell in its history and, at once, in that of the file; not under a scenario.

        Raises:
            AdvisorError: If a final workflow cannot be sent, or the file not be written.
        """
        if lines := () if self.state.scenario else finals(self.state.agreed, self.file.path):
            if (held := with_advised(self.file.saved, *lines)) != self.file.saved:
                self.file.save(held)
            self.past, self.future, (self.state,) = ([replace(one, engagement=with_advised(one.engagement, *lines)) for one in some] for some in (self.past, self.future, [self.state]))
            self._tell()
        return self.state.agreed

    def report(self, to: str | Sequence[str] = "html", out: str | Path | None = None, brand: str | Path | None = None) -> BatchResult:
        """Make the client's report of the agreed state; what is only tried is left out.

        Args:
            to: One format or several, such as ``"html"``; a text may name several, parted by commas.
            out: Folder of the files; by default that of the page Deliver, ``reports`` among the workbooks.
            brand: Brand file; by default the house style.

        Raises:
            UsageError: If a format is not built, or another batch is at work in the folder.
            EngagementError: If the brand or a file that the engagement names cannot be read.
        """
        formats = [word.strip() for word in to.split(",")] if isinstance(to, str) else list(to)
        folder = Path(out) if out else self.file.folder / "reports"
        return report(self.final(), self.file.path, formats, folder, Path(brand) if brand else None)

    def take(self, engagement: Engagement) -> None:
        """Go on from another agreed engagement, such as the file as somebody else left it; can be undone.

        Another client's engagement starts afresh: nothing tried, parked or to be undone goes along.
        """
        if not engagement.of_same_client(self.state.engagement):
            self.past.clear()
            self.future.clear()
            self.state, _ = self.file.resume()
            self._tell()
            return
        here = self.state.workflow if any(w.id == self.state.workflow for w in engagement.workflows) else engagement.workflows[0].id
        scenario = self.state.scenario if self.state.scenario in engagement.scenarios else ""
        self._step(replace(self.state, engagement=engagement, workflow=here, scenario=scenario))

    def catch_up(self) -> None:
        """Somebody is here: go on from what another session left since this one was opened, as long as nothing was edited here.

        Raises:
            EngagementError: If the file has faults by now; the state is kept.
        """
        ahead, self.started_ahead = self.started_ahead, False
        if not self.file.outdated() or ((self.past or self.future) and not ahead):
            return
        before, mine = (self.past[0] if self.past else self.state), self.state
        self.file, left, _ = _opened(self._given if ahead or not self.file.path.exists() else self.file.path)  # its folder may have been moved, and back
        self.past.clear()
        self.future.clear()
        self.state = _with_cells(left, before.tried, mine.tried) if left.engagement.of_same_client(mine.engagement) else left

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change."""
        self._listeners.append(listener)

    @property
    def assumptions(self) -> pd.DataFrame:
        """Every assumption of the workflow on screen: low, likely, high, unit, source."""
        return tables.assumptions(self.judged().inputs)

    @property
    def answers(self) -> pd.DataFrame:
        """Every answer that holds for the workflow on screen, with its unit and who said it."""
        return tables.answers(self.judged())

    @property
    def evidence(self) -> pd.DataFrame:
        """What each answer adds on both axes, in decibans."""
        return tables.evidence(self.assess().belief)

    @property
    def bill(self) -> pd.DataFrame:
        """The bill at likely values, line by line."""
        return tables.bill(self.judged().bill)

    @property
    def portfolio(self) -> pd.DataFrame:
        """One row a workflow: what to do now, where it will probably end, and what it costs."""
        return tables.portfolio([self.judged(workflow.id) for workflow in self.state.engagement.workflows])

    def _edited(self, state: State, since: State | None = None, heard: Iterable[str] = ()) -> object:
        before = since or self.state
        self._step(state, heard)
        return None if self.edited_on_screen else self._told(before)

    def _told(self, before: State) -> object:
        """What is different since `before`, as a notebook shows it."""

    def _step(self, state: State, heard: Iterable[str] = ()) -> None:
        if state != self.state:
            self.judge(state).advice  # noqa: B018 - refuses what cannot be computed
            self.past.append(self.state)
            self.future.clear()
            self.state = state
        self.heard = tuple(heard)
        self._tell()

    def _tell(self) -> None:
        if not self.started_ahead:
            self.file.note(self.state)
        for listener in self._listeners:
            listener()


def _with_cells(state: State, before: Mapping[str, Scenario], after: Mapping[str, Scenario]) -> State:
    """`state` with what the cells of a session started ahead tried on top of what was tried already."""
    for workflow in {w.id for w in state.engagement.workflows} & after.keys():
        old, new = before.get(workflow, Scenario()), after[workflow]
        change = Scenario(_new(old.answers, new.answers), _new(old.workload, new.workload), _new(old.assumptions, new.assumptions))
        state = replace(replace(state, workflow=workflow).attempted(change), workflow=state.workflow)
    return state


def _new(before: Mapping[str, T], after: Mapping[str, T]) -> dict[str, T]:
    return {name: value for name, value in after.items() if before.get(name) != value}


def _opened(path: Path) -> tuple[SessionFile, State, str]:
    """The file, where its last session stopped, and what is to be said of it; read again when another session wrote in between."""
    for _ in range(5):
        file = SessionFile(path)
        found = file.resume()
        if not file.outdated():
            break
    return file, *found


def _assumption(name: str) -> Assumption:
    table = assumptions()
    if name not in table:
        hint = nearest(name, list(table))
        raise UsageError(here("no assumption '{}'; did you mean {}?" if hint else "no assumption '{}'", name, here(" or ").join(hint)))
    return table[name]


def _trial(found: Assumption, value: Said | bool | Adopted, listener: Listener) -> Scenario:
    made = led.setting(found, value, listener)
    if found.answer and isinstance(made, Estimate):
        return Scenario(answers={found.answer: led.answer(load_catalog().criterion(found.answer), made, Answer(), listener)})
    return Scenario(workload={found.name: made}) if found.group == "workload" else Scenario(assumptions={found.name: made})
