"""Deliverables on screen: which formats, which brand, how far, and where the files are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisorkit.export.formats import FORMATS
from advisorkit.screens.grids import grid
from advisorkit.screens.phrases import tell
from advisorkit.screens.portfolio import lacking
from advisorkit.screens.stage import Doc, Stage
from advisorkit.study.study import Study


@dataclass(frozen=True, slots=True)
class Made:
    """One file of the last round, or why it was not made."""

    format: str
    """Format id."""
    path: str
    """Path under the folder of deliverables."""
    bytes: int
    """Size."""
    status: str
    """``made``, ``unchanged`` or ``failed``."""
    error: str = ""
    """Why it failed."""


def deliver(
    view: Study, stage: Stage, brands: Sequence[str], made: Sequence[Made], folder: str, busy: tuple[int, int] | None, fault: str
) -> Doc:
    """What can be made, what it will say, what is being made (`busy`: how many of how many), and what was made."""
    rows = [[m.format, m.path, f"{m.bytes / 1000:,.0f} kB" if m.bytes else "", tell(f"deliver.{m.status}"), m.error] for m in made]
    headline, summary = tell("deliver.headline", client=view.engagement.client), tell("deliver.summary_sample" if view.engagement.sample else "deliver.summary")
    checks = grid(tell("deliver.checks"), [tell("deliver.check"), tell("deliver.state")], _checks(view, stage), sub=tell("deliver.checks_sub"), words=(0, 1))
    return {
        "lead": {"when": "", "clear": True, "headline": [{"text": headline}], "summary": summary, "beside": []},
        "formats": [[name, tell(f"deliver.{name}"), bool(one.renderer)] for name, one in FORMATS.items()],
        "not_built": tell("deliver.not_built"), "brands": [["", tell("deliver.house")], *([b, b] for b in brands)],
        "no_brand": "" if brands else tell("deliver.no_brand"), "tables": [_pages()] if stage.presenting else [checks, _pages()],
        "made": rows, "folder": folder, "busy": list(busy) if busy else None, "fault": fault,
    }


def _pages() -> Doc:
    names = [line.split("|") for line in tell("deliver.pages").split("; ")]
    return grid(tell("deliver.pages_title"), [tell("deliver.page"), tell("deliver.says")], names, sub=tell("deliver.pages_sub"), words=(0, 1))


def _checks(view: Study, stage: Stage) -> Iterator[list[str]]:
    """What the reader of the report will find open; a consultant wants to know it first."""
    guesses = [view.catalog.criterion(name).label for name, answer in view.answers.items() if answer.confidence == "guess"]
    stale = [age for age in view.inputs.prices() if age.state != "fresh"]
    missing = [row.assumption.label for row in lacking(view)]
    open_count, none = len(view.advice.next_questions), tell("deliver.none")
    piloted = "read" if view.pilot else "advised" if view.advice.next_step.action == "pilot" else "none"
    yield [tell("deliver.advice"), tell("verdict.clear" if view.advice.clear else "verdict.open").rstrip(".")]
    yield [tell("deliver.pilot"), tell(f"deliver.pilot_{piloted}")]
    yield [tell("deliver.open"), tell("deliver.open_count", count=open_count) if open_count else none]
    yield [tell("deliver.guesses"), ", ".join(guesses) or none]
    yield [tell("deliver.missing"), ", ".join(missing) or none]
    yield [tell("deliver.prices"), tell("deliver.stale", count=len(stale)) if stale else tell("deliver.fresh")]
    yield [tell("deliver.tried"), tell("deliver.tried_one" if len(stage.tried) == 1 else "deliver.tried_out", count=len(stage.tried)) if stage.tried else none]
