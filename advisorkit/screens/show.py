"""Between a session and its screens: edits from the browser in, documents out, the file kept up to date."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary, ref

from advisorkit.catalog.tables import assumptions
from advisorkit.screens.delivery import Delivery
from advisorkit.screens.edits import EDITS
from advisorkit.screens.foresee import Foresight
from advisorkit.screens.phrases import tell
from advisorkit.screens.screen import Screen
from advisorkit.screens.showing import likely, pending, shown
from advisorkit.screens.sitting import Sitting
from advisorkit.screens.stage import SECTIONS, Notice, Stage
from advisorkit.screens.work import Work
from advisorkit.values.errors import AdvisorError, UsageError

_PAUSE = 0.25
"""Seconds without an edit after which the file is written."""


def screen(work: Work, section: str = "assessment") -> Screen:
    """A live screen of `work`, which is saved as it changes; the same one each time for the same section.

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
    """One screen of a session."""

    def __init__(self, work: Work, section: str) -> None:
        notices = tuple(Notice("info", words, ((tell("notice.dismiss"), "dismiss"),)) for words in work.notices)
        delivery = Delivery(work.desk, self._from_elsewhere)
        self.sitting = Sitting(work, Stage(section=section, notices=notices), delivery)
        self.screen = Screen(self.edit, shown(self.sitting, work.state), self.beat)
        self.foresight = Foresight(self.screen.send)
        self.sitting.refresh = self.refresh
        self.sitting.send_file = lambda name, content: self.screen.send({"file": name}, buffers=[content])
        self._timer: asyncio.TimerHandle | None = None
        self._unsaved: tuple[Notice, ...] = ()
        self._loop = _running_loop()
        work.listen(self.refresh)
        atexit.register(_save_at_last, ref(self))

    def edit(self, name: str, args: Mapping[str, Any]) -> None:
        """Carry out one edit of the browser; a refusal is shown beside its control and changes nothing."""
        sitting = self.sitting
        sitting.stage = replace(sitting.stage, faults={})
        try:
            EDITS[name](sitting, args)
        except (AdvisorError, ValueError, TypeError, KeyError, OSError) as error:
            self._refuse(str(args.get("criterion") or args.get("name") or name), args, sitting.work.desk.words(error))

    def refresh(self) -> None:
        """Send the document as it is now, and save soon."""
        self._send()
        if not self.sitting.work.started_ahead:
            self._later()

    def beat(self) -> None:
        """The browser's heartbeat: see whether somebody else changed the file, or whether it can be written again."""
        sitting, desk = self.sitting, self.sitting.work.desk
        if any(n.kind == "conflict" for n in sitting.stage.notices):
            return
        if desk.touched():
            sitting.stage = replace(sitting.stage, notices=(_conflict(), *sitting.stage.notices))
            self._send()
        elif desk.refused:
            self._later()

    def _send(self) -> None:
        sitting = self.sitting
        sitting.stage = replace(sitting.stage, revision=sitting.stage.revision + 1)
        self.screen.view = shown(sitting, sitting.work.state)
        self.foresight.start(str(self.screen.view["basis"]), likely(sitting, self.screen.view))
        if self._loop is not None and next(pending(sitting), None):
            self._loop.call_later(0.02, self._work_on)

    def _work_on(self) -> None:
        """Work out the next row of a table while nothing else is to do."""
        state = next(pending(self.sitting), None)
        if state is not None:
            self.sitting.work.judge(state).finish()
            self._send()

    def _refuse(self, control: str, args: Mapping[str, Any], why: str) -> None:
        sitting, part = self.sitting, str(args.get("part", ""))
        faults = {control: why, **({f"{control} part": part} if part else {})}
        known = control in assumptions() or control in sitting.work.judged().catalog.criteria or control == "pilot"
        notices = () if known else (Notice("error", why, ((tell("notice.dismiss"), "dismiss"),)),)
        sitting.stand(faults=faults, notices=notices)

    def _from_elsewhere(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._send)

    def _later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop = _running_loop() or self._loop
        self._timer = self._loop.call_later(_PAUSE, self._save) if self._loop is not None and self._loop.is_running() else None

    def _save(self) -> None:
        """Write the file; what is said about that takes the place of what was said before, and other notices stay."""
        sitting, desk = self.sitting, self.sitting.work.desk
        before, shown_now = desk.state, sitting.stage.notices
        others = tuple(n for n in shown_now if n.kind != "conflict" and n not in self._unsaved)
        self._unsaved = ()
        try:
            sitting.work.save()
        except AdvisorError as error:
            self._unsaved = (_conflict() if desk.touched() else Notice("error", tell("notice.saved_not", reason=desk.words(error))),)
        else:
            if len(others) < len(shown_now) and desk.touched():
                self._unsaved = (_conflict(),)
        notices = (*self._unsaved, *others)
        if notices != shown_now or before != desk.state:
            sitting.stage = replace(sitting.stage, notices=notices)
            self._send()


def _save_at_last(show: ref[Show]) -> None:
    """A page that is left ends its kernel: what was agreed within the last moment is written first."""
    found = show()
    if found is not None and found._timer is not None and not found.sitting.work.started_ahead:  # noqa: SLF001  its own module
        with suppress(AdvisorError, OSError):
            found.sitting.work.save()


_SHOWS: WeakKeyDictionary[Work, dict[str, Show]] = WeakKeyDictionary()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _conflict() -> Notice:
    return Notice("conflict", tell("conflict.changed"), ((tell("conflict.load"), "load"), (tell("conflict.mine"), "mine")))
