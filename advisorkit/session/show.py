"""Between a session and its screens: edits from the browser in, documents out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from advisorkit.errors import AdvisorError, UsageError
from advisorkit.price_book import assumptions
from advisorkit.quantities import Estimate
from advisorkit.session.foresee import Foresight, Likely
from advisorkit.session.saying import amount
from advisorkit.session.state import State
from advisorkit.session.work import Work
from advisorkit.widgets import SECTIONS, Notice, Screen, Stage, document, plain, positions, scale_of, tell, typed

__all__ = ["Show", "screen"]

_PAUSE = 0.25
"""Seconds without an edit after which the file is written."""
_PARTS = ("low", "likely", "high")
_SHOWS: WeakKeyDictionary[Work, dict[str, Show]] = WeakKeyDictionary()


def screen(work: Work, section: str = "assessment") -> Screen:
    """A live screen of `work`, saved as it changes.

    Raises:
        UsageError: If there is no such section.
    """
    if section not in SECTIONS:
        raise UsageError(f"no section '{section}'; there is {', '.join(SECTIONS)}")
    shows = _SHOWS.setdefault(work, {})
    if section not in shows:
        shows[section] = Show(work, section)
    return shows[section].screen


class Show:
    """One screen of a session: its stage, and what the browser may ask for."""

    def __init__(self, work: Work, section: str) -> None:
        self.work = work
        self.stage = Stage(section=section, notices=tuple(Notice("info", words) for words in work.notices))
        self._timer: asyncio.TimerHandle | None = None
        self._held: tuple[str, str] | None = None
        self.screen = Screen(self.edit, self._document(work.state), self.beat)
        self.foresight = Foresight(self.screen.send)
        work.listen(self.refresh)

    def edit(self, name: str, args: Mapping[str, Any]) -> None:
        """Carry out one edit of the browser; a refusal is shown beside the control and changes nothing."""
        control = str(args.get("criterion") or args.get("name") or name)
        self.stage = replace(self.stage, faults={})
        try:
            _EDITS[name](self, args)
        except KeyError:
            return
        except (AdvisorError, ValueError, TypeError) as error:
            self._refuse(control, args, str(error))

    def refresh(self) -> None:
        """Send the document as it is now, and save soon."""
        self.stage = replace(self.stage, revision=self.stage.revision + 1)
        self._send()
        self._save_soon()

    def _send(self) -> None:
        self.screen.view = self._document(self.work.state)
        self.foresight.start(str(self.screen.view["basis"]), self._likely())

    def _document(self, state: State, **changes: Any) -> dict[str, Any]:
        desk = self.work.desk
        tried = {**state.trying.answers, **state.trying.workload, **state.trying.assumptions}
        names = tuple(a.name for a in assumptions().values() if a.name in tried or (a.answer and a.answer in tried))
        stage = replace(
            self.stage, scenario=state.scenario, can_undo=self.work.can_undo, can_redo=self.work.can_redo, parked=state.parked,
            absent=state.absent, tried=names, saved=tell("saved.not" if desk.refused else "saved.at", time=f"{desk.at:%H:%M}"),
            saved_words=tell("saved.words", time=f"{desk.at:%H:%M}"),
        )
        return {**document(self.work.judge(state).view, replace(stage, **changes)), "basis": self._basis(state)}

    def _basis(self, state: State) -> str:
        """What a foreseen document depends on beside the control that is held."""
        fixed = state.dropped(self._held[0], assumptions()[self._held[0]].answer) if self._held else state
        stage = replace(self.stage, revision=0, faults={}, notices=())
        return sha256(repr((fixed, stage, self._held)).encode()).hexdigest()[:16]

    def _likely(self) -> Iterator[Likely]:
        ahead = {"revision": self.stage.revision + 1, "can_undo": True, "can_redo": False, "asked": "", "faults": {}}
        asked = self.screen.view.get("question")
        if asked and not asked["locked"]:
            for value in [*(option[0] for option in asked["options"]), "unknown"]:
                args = {"criterion": asked["criterion"], "value": value}
                yield Likely("answer", args, partial(self._foreseen, partial(self.work.if_answered, **args), ahead))
        if self._held:
            for value, text in self._positions(*self._held):
                args = {"name": self._held[0], "part": self._held[1], "text": text}
                yield Likely("assume_part", args, partial(self._foreseen, partial(self.work.if_assumed, **{self._held[0]: value}), ahead))

    def _foreseen(self, lead: Callable[[], State], ahead: Mapping[str, Any]) -> dict[str, Any]:
        return self._document(lead(), **ahead)

    def _positions(self, name: str, part: str) -> Iterator[tuple[Estimate, str]]:
        row = self.work.judged().study.inputs.rows[name]
        for number in positions(row, part):
            try:
                yield _moved(row.range, part, number / scale_of(row), scale_of(row)), typed(number)
            except UsageError:
                continue

    def _refuse(self, control: str, args: Mapping[str, Any], why: str) -> None:
        part = str(args.get("part", ""))
        faults = {control: why, **({f"{control} part": part} if part else {})}
        known = control in assumptions() or control in self.work.judged().view.catalog.criteria
        notices = () if known else (Notice("error", why, ((tell("notice.dismiss"), "dismiss"),)),)
        self.stage = replace(self.stage, faults=faults, notices=notices)
        self.refresh()

    def _save_soon(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE, self._save)
        except RuntimeError:
            self._timer = None

    def _save(self) -> None:
        before = (self.work.desk.at, self.work.desk.refused)
        try:
            self.work.save()
            notices = tuple(n for n in self.stage.notices if n.kind == "info")
        except AdvisorError as error:
            notices = (_conflict() if self.work.desk.touched() else Notice("error", tell("notice.saved_not", reason=error)),)
        if notices != self.stage.notices or before != (self.work.desk.at, self.work.desk.refused):
            self.stage = replace(self.stage, notices=notices, revision=self.stage.revision + 1)
            self._send()

    def hello(self, args: Mapping[str, Any]) -> None:
        """A browser is there: lay the charts out for its width, and look at the file again."""
        width = max(320, min(3840, int(args.get("width", 1440))))
        theme = "dark" if args.get("theme") == "dark" else "light"
        self.stage = replace(self.stage, width=width, theme=theme)
        if self.work.desk.touched() and self.work.state.engagement == self.work.desk.saved:
            self.work.take(self.work.desk.read_again())
        else:
            self.refresh()

    def beat(self) -> None:
        """The browser's heartbeat: see whether somebody else changed the file."""
        if self.work.desk.touched() and not any(n.kind == "conflict" for n in self.stage.notices):
            self.stage = replace(self.stage, notices=(_conflict(),), revision=self.stage.revision + 1)
            self._send()

    def answer(self, args: Mapping[str, Any]) -> None:
        """An answer from a question card; the next question then comes up."""
        value = args["value"]
        self.stage = replace(self.stage, asked="")
        self.work.answer(
            str(args["criterion"]), [str(v) for v in value] if isinstance(value, list) else str(value),
            guess=bool(args.get("guess")), note=str(args.get("note", "")), private_note=str(args.get("private_note", "")),
        )

    def part(self, args: Mapping[str, Any]) -> None:
        """One of the three numbers of an assumption."""
        name, part = str(args["name"]), str(args["part"])
        row = self.work.judged().study.inputs.rows[name]
        if not row.assumption.numeric:
            self.work.assume(**{name: str(args["text"])})
            return
        value = amount(str(args["text"])).likely / scale_of(row)
        self.work.assume(**{name: _moved(row.range, part, value, scale_of(row))})

    def hold(self, args: Mapping[str, Any]) -> None:
        """The user's hands are on one number: work out its other positions before they are asked for."""
        name, part = str(args["name"]), str(args["part"])
        self._held = (name, part) if name in assumptions() and part in _PARTS else None
        self.refresh()

    def stand(self, **changes: Any) -> None:
        """Look at something else; no result changes."""
        self.stage = replace(self.stage, **changes)
        self.refresh()

    def explore(self, chart: str, *, on: bool) -> None:
        """Hand a chart to plotly, or take it back."""
        others = self.stage.explored - {chart}
        self.stand(explored=others | {chart} if on else others)

    def load(self) -> None:
        """Take the file as somebody else left it."""
        self.work.take(self.work.desk.read_again())
        self.stand(notices=())

    def mine(self) -> None:
        """Write this session's state over the file."""
        self.work.desk.take_over()
        self.stand(notices=())


def _conflict() -> Notice:
    return Notice("conflict", tell("conflict.changed"), ((tell("conflict.load"), "load"), (tell("conflict.mine"), "mine")))


def _moved(old: Estimate | None, part: str, value: float, scale: float) -> Estimate:
    if old is None or (old.fixed and part == "likely"):
        return Estimate(value, value, value)
    ends = {name: getattr(old, name) for name in _PARTS} | {part: value}
    for lower, upper in (("low", "likely"), ("likely", "high")):
        if ends[lower] > ends[upper]:
            raise UsageError(f"{lower.capitalize()} is above {upper}. Still using {plain(getattr(old, part) * scale)}")
    return Estimate(ends["low"], ends["likely"], ends["high"])


_EDITS: Mapping[str, Callable[[Show, Mapping[str, Any]], None]] = {
    "hello": Show.hello,
    "answer": Show.answer,
    "assume_part": Show.part,
    "focus": lambda show, args: show.hold(args),
    "reset": lambda show, args: show.work.reset(str(args["name"])),
    "keep": lambda show, _: show.work.keep(),
    "drop": lambda show, _: show.work.drop(),
    "undo": lambda show, _: show.work.undo(),
    "redo": lambda show, _: show.work.redo(),
    "park": lambda show, args: show.work.park(str(args["criterion"])),
    "ask": lambda show, args: show.stand(asked=str(args["criterion"])),
    "room": lambda show, args: show.work.invite(str(args["who"]), there=bool(args["there"])),
    "scenario": lambda show, args: show.work.show(scenario=str(args["name"])),
    "new_scenario": lambda show, args: show.work.scenario(str(args["name"])),
    "workflow": lambda show, args: show.work.show(workflow=str(args["id"])),
    "section": lambda show, args: show.stand(section=str(args["name"]) if args["name"] in SECTIONS else show.stage.section),
    "present": lambda show, args: show.stand(presenting=bool(args["on"])),
    "explore": lambda show, args: show.explore(str(args["chart"]), on=bool(args["on"])),
    "rows": lambda show, args: show.stand(every_row=bool(args["every"])),
    "load": lambda show, _: show.load(),
    "mine": lambda show, _: show.mine(),
    "dismiss": lambda show, _: show.stand(notices=()),
}
"""Everything that a browser may ask for, by name."""
