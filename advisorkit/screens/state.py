"""What is being worked on, as values, so that undo is looking back; and the file and the diary beside it that keep it: what was read and saved, and whether somebody else touched it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TypeVar

from advisorkit.files.disk import fingerprint, read_bytes, write_bytes
from advisorkit.store.reading import Loaded, document, from_json, load
from advisorkit.store.writing import write
from advisorkit.values.displayed import Displayed
from advisorkit.values.engagement import Answer, Engagement, Scenario, Workflow
from advisorkit.values.messages import AdvisorError, EngagementError, UsageError, here


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
        made = state.engagement.under(Scenario(workflows={state.workflow: change}))
        return replace(state, engagement=made.having(replace(made.workflow(state.workflow), supposed=frozenset())))
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


_TRIED = "tried and not kept"
_RESULTS = ("*.csv", "*.xlsx", "*.jsonl", "pilots/*.csv", "pilots/*.xlsx", "pilots/*.jsonl")
_OWNER = "engagement.json"
"""Name of the note that says whose workbooks a folder holds."""
_CHANGED = "The file was changed elsewhere since this session was interrupted. The file was taken; edits not saved then are lost."
_OTHERS = (
    "This file held another engagement, by id or client, when it was last opened. "
    "What was changed elsewhere or tried then is left in its own folder; nothing of it is taken along."
)


def workbook_folder(file: Path, engagement: Engagement, *, make: bool = False) -> Path:
    """The folder of the workbooks, diary and documents of `engagement` in `file`: one for each engagement that the file ever held.

    It is named after the whole name of the file. A folder that another engagement (by id or client) left there is passed over,
    so that what was tried with one client is never met by the next. With `make` it is created and marked.
    """
    owner = _owned(engagement)
    tries = (file.with_name(f"{file.name}{f'.{n}' if n > 1 else ''}.workbooks") for n in count(1))
    folder = next(f for f in tries if _owner(f) in (None, owner))
    if make:
        folder.mkdir(exist_ok=True)
    if folder.is_dir() and _owner(folder) is None:
        _mark(folder, engagement)
    return folder


def _owned(engagement: Engagement) -> dict[str, str]:
    return {"id": engagement.id, "client": engagement.client}


def _mark(folder: Path, engagement: Engagement) -> None:
    with suppress(OSError):
        write_bytes(folder / _OWNER, json.dumps(_owned(engagement), ensure_ascii=False).encode())


def _owner(folder: Path) -> object:
    """Whose folder it is; None when nobody is noted there."""
    try:
        return json.loads((folder / _OWNER).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return None if not folder.is_dir() else {}


class SessionFile:
    """One engagement file and the diary of its session."""

    def __init__(self, path: Path) -> None:
        self._given, self._seen = str(path), _stamp(path)
        self.loaded: Loaded = load(path)
        self.path = path.parent.resolve() / path.name  # a kernel that outlives its folder must not look for it under where it started
        self._find_diary()
        self._noted = _stamp(self.diary)
        self.refused = ""

    def _find_diary(self) -> None:
        self.diary = workbook_folder(self.path, self.saved) / "session.json"
        self.at = datetime.fromtimestamp(self.path.stat().st_mtime).astimezone()

    @property
    def saved(self) -> Engagement:
        """What the file held when this session last read or wrote it."""
        return self.loaded.engagement

    @property
    def folder(self) -> Path:
        """Where this engagement's workbooks, diary and documents lie."""
        return self.diary.parent

    @property
    def brands(self) -> list[str]:
        """Brand files beside the engagement."""
        return sorted(path.name for path in self.path.parent.glob("*brand*.yaml"))

    @property
    def results(self) -> list[str]:
        """Files beside the engagement that may hold marked results."""
        beside = self.path.parent
        return sorted(path.relative_to(beside).as_posix() for kind in _RESULTS for path in beside.glob(kind))

    def words(self, error: object) -> str:
        """What `error` says, fit for a screen that is shared: the file by its name, without the folders above it."""
        return str(error).replace(str(self.path), self.path.name).replace(self._given, self.path.name)

    def resume(self) -> tuple[State, str]:
        """The state that was left, or a fresh one for the file as it is now; and what the user should know."""
        found, notice = self._left()
        passed_over = self.folder.name != f"{self.path.name}.workbooks" and not self.diary.exists()
        return found, _OTHERS if passed_over else notice

    def _left(self) -> tuple[State, str]:
        loaded = self.loaded
        fresh = State(loaded.engagement, loaded.engagement.workflows[0].id)
        try:
            note = json.loads(self.diary.read_bytes())
            left = _state(note)
            if note["fingerprint"] == loaded.fingerprint:
                return left, ""
            if not left.engagement.of_same_client(loaded.engagement):
                return fresh, ""
            kept = replace(left, engagement=loaded.engagement)
            loaded.engagement.workflow(kept.workflow)
            return kept if kept.shown else fresh, _CHANGED if note["unsaved"] else ""
        except (OSError, ValueError, KeyError, TypeError, AdvisorError):
            return fresh, ""

    def note(self, state: State) -> None:
        """Keep `state` in the diary; where its folder is missing or cannot be written nothing is kept."""
        trial = {_TRIED: Scenario(workflows=state.tried)} if state.tried else {}
        engagement = replace(state.engagement, scenarios={**state.engagement.scenarios, **trial})
        note = {
            "fingerprint": self.loaded.fingerprint, "workflow": state.workflow, "scenario": state.scenario, "parked": list(state.parked),
            "absent": list(state.absent), "unsaved": state.engagement != self.saved, "engagement": json.dumps(document(engagement)),
        }
        if self.folder.is_dir():
            with suppress(OSError):
                write_bytes(self.diary, json.dumps(note).encode())
        self._noted = _stamp(self.diary)

    def save(self, engagement: Engagement) -> None:
        """Write what changed into the file; keeps why not in `refused` when it cannot be done."""
        try:
            if self.touched() and (there := load(self.path)).engagement == engagement:
                self.loaded = there  # a page that was reloaded: its old kernel wrote the same as it ended
            else:
                self.loaded = write(self.path, engagement, self.loaded.fingerprint)
        except AdvisorError as error:
            self.refused = str(error)
            raise
        if self.folder.is_dir() and _owner(self.folder) != _owned(engagement):
            _mark(self.folder, engagement)  # the client was given another name: the folder goes along
        self.refused, self.at, self._seen = "", datetime.now().astimezone(), _stamp(self.path)

    def touched(self) -> bool:
        """Whether the file's content is no longer what this session read or wrote."""
        now = _stamp(self.path)
        if now == self._seen:
            return False
        try:
            changed = fingerprint(read_bytes(self.path)) != self.loaded.fingerprint
        except AdvisorError:
            return True
        self._seen = self._seen if changed else now
        return changed

    @property
    def as_read(self) -> bool:
        """Whether the very file that this session read or wrote stands there, as after a network drive was away."""
        return _stamp(self.path) == self._seen

    def outdated(self) -> bool:
        """Whether another session wrote the file or its diary since."""
        return not self.as_read or _stamp(self.diary) != self._noted

    def read_again(self) -> Engagement:
        """The file as it is now."""
        self.refused, self._seen = "", _stamp(self.path)
        self.loaded = load(self.path)
        self._find_diary()
        return self.saved

    def take_over(self) -> None:
        """Accept the file as it is now as the one to be written over."""
        try:
            other = not self.saved.of_same_client(load(self.path).engagement)
        except EngagementError:
            other = False  # a file with faults is nobody's: it may be mended by writing over it
        if other:
            raise UsageError(here("{} holds another engagement by now; it is not written over. Give one of the two another name", self.path.name))
        self.loaded = Loaded(self.saved, (), fingerprint(read_bytes(self.path)))
        self.refused = ""


def _state(note: Mapping[str, object]) -> State:
    engagement = from_json(str(note["engagement"]))
    tried = engagement.scenarios.get(_TRIED, Scenario()).workflows
    agreed = {name: scenario for name, scenario in engagement.scenarios.items() if name != _TRIED}
    parked, absent = (tuple(map(str, note[name])) for name in ("parked", "absent"))  # type: ignore[call-overload]
    state = State(replace(engagement, scenarios=agreed), str(note["workflow"]), str(note["scenario"]), tried, parked, absent)
    assert state.current
    return state


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, -1)
    return found.st_mtime_ns, found.st_size
