"""What a consultant holds in a notebook: a session with its parts, figures and looks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from html import escape
from importlib import import_module
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from ipywidgets import Widget

from advisorkit.catalog.reading import assumptions, load as load_catalog
from advisorkit.charts.figures import figure
from advisorkit.charts.kinds import Chart
from advisorkit.costs.assumption import TOPICS
from advisorkit.files.texts import Spoken, spoken
from advisorkit.screens.advising import BeforeAfter, brief, charted, shown_study
from advisorkit.screens.pages import counted, gained
from advisorkit.screens.parts import Tree, tell
from advisorkit.screens.screen import Loose
from advisorkit.screens.sections import layouts
from advisorkit.screens.state import State
from advisorkit.screens.trials import Bakeoff
from advisorkit.screens.work import Work
from advisorkit.values.messages import AdvisorError, UsageError


class Workbook(Work):
    """An engagement file open in a notebook; edits answer with what they changed, to be shown or put into a box.

    Example:
        >>> work = ak.open("harbour.yaml")  # doctest: +SKIP
        >>> HBox([work.assume(engineer_day_rate=(700, 900, 1200)), work.ui.costs()])  # doctest: +SKIP
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        _named_all()

    def __repr__(self) -> str:
        study = self.judged()
        return brief(f"<Workbook {self.file.path.name}: {study.workflow.name[:60]}. {study.decision.headline}>")

    def _repr_html_(self) -> str:
        return shown_study(self.judged())

    @Spoken
    def ui(self) -> Parts:
        """The parts of the screens, one by one."""
        return Parts(self)

    @property
    def figures(self) -> Figures:
        """The charts of the workflow on screen as plotly figures."""
        return Figures(self)

    @spoken
    def _told(self, before: State) -> BeforeAfter:
        return BeforeAfter(self.judge(before), self.judged(), self.heard)


def _placed(meaning: str, *tree: Tree) -> Callable[[Parts], Widget]:
    def part(self: Parts) -> Widget:
        return self._screen.part(*tree)

    part.__doc__ = meaning
    return part


class Parts:
    """The parts of the screens as widgets, for any cell or box; all follow one state.

    Example:
        >>> HBox([work.ui.question(), VBox([work.ui.advice(), work.ui.map()])])  # doctest: +SKIP
    """

    def __init__(self, work: Work) -> None:
        self._screen = Loose(work)

    def __repr__(self) -> str:
        return _names(self)

    bar = _placed("Client, workflow, scenario, undo, and what is to be told.", "bar")
    question = _placed("The next best question, with its answers.", "question")
    questions = _placed("Every question by topic, to jump to.", "questions")
    answers = _placed("Every answer given, to be taken up again.", "answers")
    brief = _placed("What a model took from the notes, with its words, and its own reading; for the consultant alone.", "blocks brief")
    advice = _placed("What to do now and where it will probably end, with how clear that is.", "advice", "verdict")
    shares = _placed("Chances of the patterns.", "chart shares")
    right = _placed("How often each pattern will be right, against what is asked for.", "chart right")
    map = _placed("The two beliefs on one map.", "chart map")
    reasons = _placed("What each answer adds.", "chart waterfall")
    flips = _placed("Answers that would change the advice.", "chart flips")
    path = _placed("The path, rung by rung.", "chart path")
    scenarios = _placed("All scenarios of the workflow side by side.", "blocks scenarios")
    costs = _placed("What each pattern costs: the bill and its ranges.", "advice costs", "blocks bill", "chart gains", "chart ranges")
    bill = _placed("What each pattern costs: the bill.", "blocks bill")
    gains = _placed("What each pattern gains against today, with ranges.", "chart gains")
    ranges = _placed("What each pattern costs, with ranges.", "chart ranges")
    cheapest = _placed("How often each pattern costs least.", "chart cheapest", "blocks notes")
    curves = _placed("What is gained against today by month.", "chart curves")
    tornado = _placed("What moves the result most.", "chart tornado")
    pilot = _placed("The pilot: how many cases to mark, results in, what they say.", layouts["pilot"])
    portfolio = _placed("Every workflow, and what they cost together.", layouts["portfolio"])
    workflows = _placed("Every workflow in a line, to be turned to.", "blocks listed")
    client = _placed("Client, workflows, and what is told about them.", "led")
    deliver = _placed("Files for the client.", layouts["deliver"])

    @cached_property
    def bakeoff(self) -> Bakeoff:
        """The patterns tried on the client's own cases, step by step."""
        return Bakeoff(self._screen.work)

    def assumptions(self, group: str = "") -> Widget:
        """Assumptions to be changed: those that matter most, or all of one group.

        Raises:
            UsageError: If there is no such group; names those there are.
        """
        if group and group not in TOPICS:
            raise UsageError(f"no group '{group}' of assumptions; there is {', '.join(TOPICS)}")
        return self._screen.part(f"assumptions {group}".strip())


def _names(of: object) -> str:
    """What may be called of `of`, on a line."""
    return brief(f"<{type(of).__name__}: {', '.join(name for name, one in vars(type(of)).items() if not name.startswith('_') and not isinstance(one, property))}>")


def _drawn(meaning: str, name: str) -> Callable[[Figures], go.Figure]:
    def chart(self: Figures) -> go.Figure:
        return self._figure(lambda: charted(name, self._work.judged()))

    chart.__doc__ = meaning
    return chart


class Figures:
    """The charts of one workflow as plotly figures, in the template ``advisorkit``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __repr__(self) -> str:
        return _names(self)

    @property
    def language(self) -> str:
        """In which they are told."""
        return self._work.language

    @spoken
    def _figure(self, drawn: Callable[[], Chart | None]) -> go.Figure:
        chart = drawn()
        if chart is None:
            raise UsageError(tell("figure.none"))
        made = figure(chart)
        heading = f"<b>{escape(chart.title)}</b>" + (f"<br><sup>{escape(chart.subtitle)}</sup>" if chart.subtitle else "")
        return made.update_layout(template="advisorkit", title={"text": heading, "x": 0, "y": 0.98, "yanchor": "top"}, margin={"t": 64}, height=made.layout.height + 64)

    map = _drawn("The two beliefs on one map.", "map")
    shares = _drawn("Chances of the patterns.", "shares")
    right = _drawn("How often each pattern will be right, against what is asked for.", "right")
    reasons = _drawn("What each answer adds.", "waterfall")
    flips = _drawn("Answers that would change the advice.", "flips")
    path = _drawn("The path, rung by rung.", "path")
    costs = _drawn("What each pattern costs, with ranges.", "ranges")
    gains = _drawn("What each pattern gains against today, with ranges.", "gains")
    curves = _drawn("What is gained against today by month.", "curves")
    tornado = _drawn("What moves the result most.", "tornado")

    def portfolio(self) -> go.Figure:
        """What every workflow gains."""
        return self._figure(lambda: gained(found) if (found := counted([self._work.judged(w.id) for w in self._work.engagement.workflows])) else None)


@cache
def _named_all() -> None:
    _named(Workbook.assume, ((name, f"{row.label}, {row.unit}") for name, row in assumptions().items()))
    _named(Workbook.answer, ((name, f"{row.label}, {row.unit or ' | '.join(level.id for level in row.levels)}") for name, row in load_catalog().criteria.items()))


def _named(method: Any, names: Iterable[tuple[str, str]]) -> None:
    """Gives `method` every name that it takes, for completion and ``help()``."""
    found = dict(names)
    method.__signature__ = Signature([Parameter("self", Parameter.POSITIONAL_OR_KEYWORD), *(Parameter(n, Parameter.KEYWORD_ONLY, default=None) for n in found)])
    method.__doc__ += "\n\n" + "\n".join(f"    {name}: {meaning}" for name, meaning in found.items())


def open(path: str | Path) -> Workbook:  # noqa: A001
    """Open an engagement file and go on where the last session stopped.

    Raises:
        EngagementError: With every fault of the file.
    """
    try:
        return Workbook(Path(path))
    except AdvisorError:
        if os.environ.get("VOILA_PREHEAT") != "True":
            raise
    import_module("voila.utils").wait_for_request()  # the page that this kernel was started ahead for: by then the faults may be mended
    return Workbook(Path(path))
