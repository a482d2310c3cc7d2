"""Between a session and a browser: edits in, one document of all parts out, the file kept up to date."""

import asyncio
import atexit
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary, ref

from ipywidgets import Box, VBox, Widget

from advisorkit.catalog.reading import assumptions, load as load_catalog
from advisorkit.files.texts import speaking, spoken
from advisorkit.screens.delivery import Delivery
from advisorkit.screens.edits import EDITS
from advisorkit.screens.led import TOLD
from advisorkit.screens.parts import LiveDocument, Look, Notice, Tree, classed, laid_out, names, phrases, tell
from advisorkit.screens.sections import LOOSE, SECTIONS, document, page_of, tree
from advisorkit.screens.state import State
from advisorkit.screens.work import Work
from advisorkit.values.messages import BEYOND, AdvisorError, UsageError, here

_PAUSE = 0.25
"""Seconds without an edit after which the file is written."""
_SOON = 0.02
"""Seconds left to edits before the next row of a table is worked out."""


class Screen:
    """One screen of a session: its parts, and how it stands."""

    def __init__(self, work: Work, section: str, layout: tuple[Tree, ...] | None = None) -> None:
        notices, self._heard = tuple(_told(work.file.words(words)) for words in work.notices), tuple[Notice, ...]()
        self.work, self.look, self.revision = work, Look(section=section, layouts={section: layout} if layout else {}, notices=notices), 0
        self.delivery = Delivery(work.file, self._from_elsewhere, lambda name, content: self.document.send({"file": name}, buffers=[content]))
        self._editing = False
        self.document = LiveDocument(self.edit, self.beat)
        self._bar = laid_out("bar", self.document)
        self._bodies: dict[Tree, Widget] = {}
        self.box = classed(Box(), "ak ak-screen")
        self._timer: asyncio.TimerHandle | None = None
        self._unsaved: tuple[Notice, ...] = ()
        self._loop, self._waits = _running_loop(), False
        self.send()
        work.listen(self.refresh)
        atexit.register(_save_at_last, ref(self))

    @property
    def language(self) -> str:
        """In which it is told."""
        return self.work.language

    @property
    def view(self) -> Mapping[str, Any]:
        """What every part shows now, by its name."""
        return self.document.view["parts"]  # type: ignore[no-any-return]

    @spoken
    def edit(self, name: str, args: Mapping[str, Any]) -> None:
        """Carry out one edit of the browser and send what follows; a refusal is shown beside its control and changes nothing."""
        look = self.look if name == "hello" else replace(self.look, faults={})  # a page of another width mends nothing
        self._editing = self.work.edited_on_screen = True
        try:
            made = EDITS[name](self.work, look, self.delivery, args)
            look = made if isinstance(made, Look) else look
        except (AdvisorError, ValueError, TypeError, KeyError, OSError) as error:
            self.work.heard = ()
            control, part, typed = (str(args.get("criterion") or args.get("name") or name), *(str(args.get(key, "")) for key in ("part", "text" if "text" in args else "value")))
            asks = {fault.option: fault.choices for fault in getattr(error, "faults", ()) if fault.option}
            look = replace(_refused(look, control, part, typed, self.work.file.words(error)), asks={**look.asks, **asks})
        finally:
            self._editing = self.work.edited_on_screen = False
        before, self.look = self.look, look
        try:
            self.refresh()
        except ArithmeticError:
            self.work.undo()
            self.look = replace(before, notices=(Notice("error", here(BEYOND), ((tell("notice.dismiss"), "dismiss"),)),))
            self.refresh()

    @spoken
    def refresh(self) -> None:
        """Send the document as it is now, and save soon; in the middle of an edit that is left to its end."""
        if self._editing:
            return
        heard = tuple(map(_told, self.work.heard))
        others = tuple(notice for notice in self.look.notices if notice not in self._heard or notice in heard)
        self.look, self._heard = replace(self.look, notices=(*others, *(notice for notice in heard if notice not in self._heard))), heard
        self.send()
        if not self.work.started_ahead:
            self._later()

    @spoken
    def send(self) -> None:
        """Send the document as it is now, with the parts that this screen has now; a session started ahead is worked out and not shown, as another may go on."""
        self.revision += 1
        body, parts, self.document.words = self._laid_out(), document(self.work, self.look, self.delivery), phrases()
        self.document.view = {"revision": self.revision, "parts": {} if self.work.started_ahead else parts}
        self.box.children = body
        self._waits = next(self._pending(), None) is not None
        if self._loop is not None and self._waits:
            self._loop.call_later(_SOON, self._work_on)

    def _laid_out(self) -> tuple[Widget, ...]:
        """The bar and the parts that this screen has now."""
        body = tree(self.work, self.look)
        if body not in self._bodies:
            self._bodies[body] = laid_out(body, self.document)
        return self._bar, self._bodies[body]

    @spoken
    def beat(self) -> None:
        """The browser's heartbeat: see whether somebody else changed the file, or whether it can be written again."""
        back = bool(self.work.file.refused) and self.work.file.as_read
        if any(n.kind == "conflict" for n in self.look.notices) and not back:
            return
        if self.work.file.touched():
            if not self._followed():
                self.look = replace(self.look, notices=(_conflict(), *self.look.notices))
            self.send()
        elif self.work.file.refused:
            self._later()
        elif self._waits:  # a row was never worked out, or elsewhere
            self._work_on()

    def _followed(self) -> bool:
        """Whether nothing was edited here, so that the file is taken as somebody else left it."""
        if self.work.past or self.work.future:
            return False
        with suppress(AdvisorError):
            self.work.catch_up()
        return not self.work.file.outdated()

    def _pending(self) -> Iterator[State]:
        """States that the screen shows in a table and that are not worked out yet."""
        state, wanted, placed = self.work.state, list[State](), names(tree(self.work, self.look))
        if "blocks scenarios" in placed and state.engagement.scenarios:
            wanted = list(state.cases.values())
        if {"blocks workflows", "blocks listed"} & set(placed):
            wanted += [replace(state, workflow=workflow.id) for workflow in state.engagement.workflows]
        yield from (one for one in wanted if not self.work.known(one))

    @spoken
    def _work_on(self) -> None:
        """Work out the next row of a table while nothing else is to do."""
        state = next(self._pending(), None)
        if state is not None:
            self.work.judge(state).finish()
        self.send()  # also where another screen of the session has worked it out meanwhile

    def _from_elsewhere(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.send)

    def _later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop = _running_loop() or self._loop
        self._timer = self._loop.call_later(_PAUSE, self._save) if self._loop is not None and self._loop.is_running() else None

    @spoken
    def _save(self) -> None:
        """Write the file; what is said about that takes the place of what was said before, and other notices stay."""
        file, shown_now = self.work.file, self.look.notices
        before = file.at, file.refused
        others = tuple(n for n in shown_now if n.kind != "conflict" and n not in self._unsaved)
        self._unsaved = ()
        try:
            self.work.save()
        except AdvisorError as error:
            self._unsaved = (_conflict() if file.touched() else Notice("error", tell("notice.saved_not", reason=file.words(error))),)
        else:
            if len(others) < len(shown_now) and file.touched():
                self._unsaved = (_conflict(),)
        notices = (*self._unsaved, *others)
        if notices != shown_now or before != (file.at, file.refused):
            self.look = replace(self.look, notices=notices)
            self.send()

    def save_at_last(self) -> None:
        """A page that is left ends its kernel: what was agreed within the last moment is written first."""
        if self._timer is not None and not self.work.started_ahead:
            with suppress(AdvisorError, OSError):
                self.work.save()


class Loose(Screen):
    """Parts that a consultant places one by one; they have no bar and no box of their own."""

    def __init__(self, work: Work) -> None:
        super().__init__(work, LOOSE, ("ak-main",))

    def part(self, *wanted: Tree) -> Widget:
        """The parts called so, one below the other, or boxes of them; they follow the session from now on.

        Raises:
            UsageError: If there is no such part.
        """
        found = [name for one in wanted for name in names(one)]
        list(map(page_of, (name for name in found if name != "bar")))
        placed = tuple(dict.fromkeys((*self.look.layouts[LOOSE], *found)))
        if placed != self.look.layouts[LOOSE]:
            self.look = replace(self.look, layouts={LOOSE: placed})
            self.send()
        made = [laid_out(one, self.document) if isinstance(one, str) else classed(Box([laid_out(one, self.document)]), "ak ak-screen ak-loose") for one in wanted]
        return made[0] if len(made) == 1 else classed(VBox(made), "ak-stack")

    def _laid_out(self) -> tuple[Widget, ...]:
        return ()


def screen(work: Work, section: str = "assessment", layout: tuple[Tree, ...] | None = None) -> Widget:
    """A live screen of `work`, which is saved as it changes; the same one each time for the same section and layout.

    Args:
        work: An open engagement.
        section: assessment, costs, pilot, portfolio or deliver.
        layout: An own layout; by default that of `layouts`.

    Raises:
        UsageError: If there is no such section or part.
    """
    return screen_of(work, section, layout).box


def screen_of(work: Work, section: str = "assessment", layout: tuple[Tree, ...] | None = None) -> Screen:
    """What stands behind the widget of a live screen.

    Raises:
        UsageError: If there is no such section or part.
    """
    if section not in SECTIONS:
        raise UsageError(f"no section '{section}'; there is {', '.join(SECTIONS)}")
    list(map(page_of, names(layout) if layout else ()))
    screens = _SCREENS.setdefault(work, {})
    if (section, layout) not in screens:
        with speaking(work.language):
            screens[section, layout] = Screen(work, section, layout)
    return screens[section, layout]


_SCREENS: WeakKeyDictionary[Work, dict[tuple[str, Tree | None], Screen]] = WeakKeyDictionary()


def _save_at_last(screen: ref[Screen]) -> None:
    if found := screen():
        found.save_at_last()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _refused(look: Look, control: str, part: str, typed: str, why: str) -> Look:
    known = control in assumptions() or control in load_catalog().criteria or control in ("pilot", "name", *TOLD)
    notices = () if known else (Notice("error", why, ((tell("notice.dismiss"), "dismiss"),)),)
    return replace(look, faults={control: why, f"{control} part": part, f"{control} typed": typed}, notices=notices, echo=("", ""))


def _told(words: str) -> Notice:
    return Notice("info", words, ((tell("notice.dismiss"), "dismiss"),))


def _conflict() -> Notice:
    return Notice("conflict", tell("conflict.changed"), ((tell("conflict.load"), "load"), (tell("conflict.mine"), "mine")))
