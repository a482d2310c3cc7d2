"""The bake-off in a notebook, step by step: plan, consent, run, the paired table, where each way breaks, and item by item."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any

from ipywidgets import HTML, BoundedFloatText, BoundedIntText, Button, Dropdown, IntProgress, Text as Field, Textarea, VBox, Widget

from advisorkit.bakeoff import part
from advisorkit.export.blocks import Block, Heading, Text, table_of
from advisorkit.files.disk import within
from advisorkit.files.texts import spoken
from advisorkit.report.trial_pages import TEXTS, ahead, broken, trial_table
from advisorkit.screens.advising import still
from advisorkit.screens.work import Work
from advisorkit.values.messages import AdvisorError, UsageError

_PLANNED = dict.fromkeys(("sample", "texts", "url", "model", "tuned", "judge", "priced_as"), Field)
_LIMITED = {"by": Field, "cost": partial(BoundedFloatText, max=1e9), "calls": partial(BoundedIntText, max=10**9)}


_GLANCE = 0.2
"""Seconds until it is looked whether a run has ended."""


class Bakeoff:
    """A trial of the workflow on screen; each part is a widget for any cell.

    Example:
        >>> work.ui.bakeoff.plan()  # doctest: +SKIP
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._trial: Any = None
        self._stopped = False
        self._apart = ThreadPoolExecutor(1)
        self._going: Future[Any] | None = None
        self._make()
        self._do(self._found_again)

    @property
    def language(self) -> str:
        """In which it is told."""
        return self._work.language

    @property
    def _folder(self) -> Path:
        return Path(part("trial").folder_of(self._work.file.path, self._trial.id))

    @spoken
    def _make(self) -> None:
        look: dict[str, Any] = {"style": {"description_width": "240px"}, "layout": {"width": "670px", "max_width": "100%"}}
        fields = {name: field(description=TEXTS.say(f"field.{name}"), **look) for name, field in (_PLANNED | _LIMITED).items()}
        self._fields: dict[str, Any] = fields
        self._buttons = {name: Button(description=TEXTS.say(f"button.{name}")) for name in ("plan", "run")}
        for name, act in (("plan", self._planned), ("run", self._ran)):
            self._buttons[name].on_click(partial(self._do, act))
        self._parts = {name: HTML() for name in ("planned", "told", "table", "breaks", "item")}
        self._exact, self._bar = Textarea(disabled=True, rows=12, layout={"width": "95%"}), IntProgress()
        self._case = Dropdown(description=TEXTS.say("field.case"))
        self._case.observe(lambda _: self._browse(), "value")
        for name in ("table", "breaks", "item"):
            self._show(name, Text((TEXTS.say("button.none"),)))

    def plan(self) -> Widget:
        """What is tried on what, and what it would take; sends nothing."""
        return VBox([*(self._fields[name] for name in _PLANNED), self._buttons["plan"], self._parts["planned"]])

    def consent(self) -> Widget:
        """The exact text that would be sent, and who lets it go within which limit."""
        return VBox([self._exact, *(self._fields[name] for name in _LIMITED)])

    def run(self) -> Widget:
        """Runs it, with progress and cost so far, until its button is pressed again; goes on where it stopped."""
        return VBox([self._buttons["run"], self._bar, self._parts["told"]])

    def table(self) -> Widget:
        """The paired table, once it was run."""
        return self._parts["table"]

    def breaks(self) -> Widget:
        """Where each way breaks."""
        return self._parts["breaks"]

    def items(self) -> Widget:
        """Case by case: what was asked, what is right, and what each way answered."""
        return VBox([self._case, self._parts["item"]])

    def page(self) -> Widget:
        """All steps below one another, as an app shows them."""
        steps = ("plan", "consent", "run", "table", "breaks", "items")
        return VBox([part for name in steps for part in (HTML(still((Heading(TEXTS.say(f"step.{name}")),))), getattr(self, name)())])

    @spoken
    def _do(self, act: Callable[[Path], None], *_: object) -> None:
        """One step that was asked for; what was told of the last one is gone."""
        self._show("told")
        self._try(act)

    @spoken
    def _try(self, act: Callable[[Path], None]) -> None:
        """Part of a step; a refusal is shown."""
        try:
            act(self._work.file.path)
        except AdvisorError as error:
            self._show("told", Text((self._work.file.words(error),)))

    @contextmanager
    def _agreed(self) -> Iterator[None]:
        """The file as it is agreed; what a step writes there is taken into the session."""
        self._work.save()
        try:
            yield
        finally:
            if self._work.file.touched():
                self._work.take(self._work.file.read_again())

    def _planned(self, file: Path) -> None:
        given = {name: self._fields[name].value.strip() for name in _PLANNED}
        sample, texts = (within(file.parent, name) if name else None for name in (given.pop("sample") or "cases.csv", given.pop("texts")))
        with self._agreed():
            self._trial, seen = part("ways").plan(file, sample, texts, workflow=self._work.state.workflow, **given)
        self._exact.value = seen.exact
        self._show("planned", lambda: ahead(self._trial, seen, self._work.state.engagement, self._folder))

    def _found_again(self, file: Path) -> None:
        """The trial that lies beside the file, where there is one that was run."""
        logs = sorted(file.parent.glob(f"bakeoff/{self._work.state.workflow}-????????/logs"), key=lambda found: found.stat().st_mtime, reverse=True)
        for log in logs:
            with suppress(UsageError):  # planned for another engagement, whose file lies beside this one
                self._trial = part("trial").kept(file, id=log.parent.name)
                self._tell(part("compared").compared(self._trial, log.parent))
                return

    def _ran(self, file: Path) -> None:
        """Run it beside what else is done, or stop what runs."""
        if self._going:
            self._stopped = True
            return
        self._trial = self._trial or part("trial").kept(file, self._work.state.workflow)
        self._bar.max, (by, cost, calls) = len(self._trial.ways) * len(self._trial.sample.tried), (self._fields[name].value for name in _LIMITED)
        self._stopped = False
        self._work.save()
        self._going = self._apart.submit(copy_context().run, part("running").tried, file, self._trial, by, cost or None, calls or None, said=self._progress)
        self._name_run()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._wait(self._going)
        else:
            loop.call_soon(self._watch, loop, self._going)

    def _wait(self, going: Future[Any]) -> None:
        while not going.done():
            try:
                wait([going], _GLANCE)
            except KeyboardInterrupt:  # Ctrl+C, where nothing else can be pressed
                self._stopped = True
        self._try(self._ended)

    def _watch(self, loop: asyncio.AbstractEventLoop, going: Future[Any]) -> None:
        """While it runs, what it writes into the file is taken into the session; then its results are."""
        if self._work.file.touched():
            self._try(lambda _: self._work.take(self._work.file.read_again()))
        loop.call_soon(self._try, self._ended) if going.done() else loop.call_later(_GLANCE, self._watch, loop, going)

    def _ended(self, file: Path) -> None:
        going, self._going = self._going, None
        self._name_run()
        if going is None:
            return
        with self._agreed():
            _, failed, sheets = going.result()
            self._tell(part("compared").read(file, self._trial))
        lines = [f"{cause}: {count}" for cause, count in failed.items()] + [path.name for path in sheets]
        self._show("told", Text(tuple(lines))) if lines else None

    @spoken
    def _name_run(self) -> None:
        self._buttons["run"].description = TEXTS.say("button.stop" if self._going else "button.run")

    def _progress(self, facts: Mapping[str, Any]) -> bool:
        self._bar.value = facts["done"]
        self._show("told", lambda: [Text((TEXTS.say("progress", **facts),))])
        return self._stopped

    def _tell(self, found: Any) -> None:
        self._show("table", lambda: trial_table(found))
        self._show("breaks", lambda: broken(found))
        self._case.options = [one.case for one in self._trial.sample.tried]
        self._case.value = self._case.options[0]
        self._browse()

    @spoken
    def _browse(self) -> None:
        one = next((one for one in self._trial.sample.tried if one.case == self._case.value), None)
        if one is None:
            return
        rows = [(TEXTS.say("item.asked"), one.input, ""), (TEXTS.say("item.right"), one.expected, "")]
        for way in self._trial.ways:
            sample = next(found for found in part("trial").samples_of(self._trial, self._folder, way) if found["id"] == one.case)
            value = next((score["value"] for score in (sample.get("scores") or {}).values()), "")
            said = part("model").why(sample["error"]["message"]) if sample.get("error") else sample["output"]["completion"]
            rows.append((TEXTS.say(f"way.{way}"), said, {"C": "✓", "I": "✗"}.get(value, "–")))
        self._show("item", table_of("", ["", "", ""], rows))

    @spoken
    def _show(self, name: str, *found: Block | Callable[[], Iterable[Block]]) -> None:
        self._parts[name].value = still(*([block] if not callable(block) else block() for block in found)) if found else ""
