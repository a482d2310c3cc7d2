"""What a consultant holds in a notebook: a session with its parts, figures and looks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache, cached_property
from html import escape
from importlib import import_module
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from ipywidgets import Widget

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.catalog.tables import assumptions
from advisorkit.charts.figures import figure
from advisorkit.screens.charted import charted
from advisorkit.screens.parts import tell
from advisorkit.screens.screen import Loose
from advisorkit.screens.shown import BeforeAfter, brief, shown_study
from advisorkit.screens.state import State
from advisorkit.screens.work import Work
from advisorkit.values.errors import AdvisorError, UsageError


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

    @cached_property
    def ui(self) -> Parts:
        """The parts of the screens, one by one."""
        return Parts(self)

    @property
    def figures(self) -> Figures:
        """The charts of the workflow on screen as plotly figures."""
        return Figures(self)

    def _told(self, before: State) -> BeforeAfter:
        return BeforeAfter(self.judge(before), self.judged(), self.heard)


class Parts:
    """The parts of the screens as widgets, for any cell or box; all follow one state.

    Example:
        >>> HBox([work.ui.question(), VBox([work.ui.advice(), work.ui.map()])])  # doctest: +SKIP
    """

    def __init__(self, work: Work) -> None:
        self._screen = Loose(work)

    def question(self) -> Widget:
        """The next best question, with its answers."""
        return self._screen.part("question")

    def questions(self) -> Widget:
        """Every question by topic, to jump to."""
        return self._screen.part("questions")

    def answers(self) -> Widget:
        """Every answer given, to be taken up again."""
        return self._screen.part("answers")

    def advice(self) -> Widget:
        """What to do now and where it will probably end, with how clear that is."""
        return self._screen.part("advice", "verdict")

    def shares(self) -> Widget:
        """Chances of the patterns."""
        return self._screen.part("chart shares")

    def map(self) -> Widget:
        """The two beliefs on one map."""
        return self._screen.part("chart map")

    def reasons(self) -> Widget:
        """What each answer adds."""
        return self._screen.part("chart waterfall")

    def flips(self) -> Widget:
        """Answers that would change the advice."""
        return self._screen.part("chart flips")

    def path(self) -> Widget:
        """The path, rung by rung."""
        return self._screen.part("chart path")

    def scenarios(self) -> Widget:
        """All scenarios of the workflow side by side."""
        return self._screen.part("blocks scenarios")

    def assumptions(self, group: str = "") -> Widget:
        """Assumptions to be changed: those that matter most, or all of one group.

        Raises:
            UsageError: If there is no such group; names those there are.
        """
        groups = list(dict.fromkeys(one.group for one in assumptions().values()))
        if group and group not in groups:
            raise UsageError(f"no group '{group}' of assumptions; there is {', '.join(groups)}")
        return self._screen.part(f"assumptions {group}".strip())

    def costs(self) -> Widget:
        """What each pattern costs: the bill and its ranges."""
        return self._screen.part("advice costs", "chart ranges", "blocks bill")

    def curves(self) -> Widget:
        """How cost builds up by month."""
        return self._screen.part("chart curves")

    def tornado(self) -> Widget:
        """What moves the result most."""
        return self._screen.part("chart tornado")

    def pilot(self) -> Widget:
        """The pilot: how many cases to mark, results in, what they say."""
        return self._screen.part("advice pilot", "results", "blocks figures", "blocks pilot")

    def portfolio(self) -> Widget:
        """Every workflow, and what they cost together."""
        return self._screen.part("advice portfolio", "blocks sums", "blocks workflows", "chart workflows", "blocks together")

    def deliver(self) -> Widget:
        """Files for the client."""
        return self._screen.part("advice deliver", "formats", "files", "blocks deliver")

    def bar(self) -> Widget:
        """Client, workflow, scenario, undo, and what is to be told."""
        return self._screen.part("bar")


class Figures:
    """The charts of one workflow as plotly figures, in the template ``advisorkit``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def _figure(self, name: str) -> go.Figure:
        chart = charted(name, self._work.judged())
        if chart is None:
            raise UsageError(tell("figure.none"))
        made = figure(chart)
        heading = f"<b>{escape(chart.title)}</b>" + (f"<br><sup>{escape(chart.subtitle)}</sup>" if chart.subtitle else "")
        return made.update_layout(template="advisorkit", title={"text": heading, "x": 0, "y": 0.98, "yanchor": "top"}, margin={"t": 64}, height=made.layout.height + 64)

    def map(self) -> go.Figure:
        """The two beliefs on one map."""
        return self._figure("map")

    def shares(self) -> go.Figure:
        """Chances of the patterns."""
        return self._figure("shares")

    def reasons(self) -> go.Figure:
        """What each answer adds."""
        return self._figure("waterfall")

    def flips(self) -> go.Figure:
        """Answers that would change the advice."""
        return self._figure("flips")

    def path(self) -> go.Figure:
        """The path, rung by rung."""
        return self._figure("path")

    def costs(self) -> go.Figure:
        """What each pattern costs, with ranges."""
        return self._figure("ranges")

    def curves(self) -> go.Figure:
        """How cost builds up by month."""
        return self._figure("curves")

    def tornado(self) -> go.Figure:
        """What moves the result most."""
        return self._figure("tornado")

    def portfolio(self) -> go.Figure:
        """What every workflow costs."""
        return self._figure("workflows")


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
