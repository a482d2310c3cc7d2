"""The mini-app on our own screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.live_apps.model import MONTHS, PATTERNS, START, Result, work_out
from ipywidgets import Box

from advisorkit.charts.kinds import Curve, Curves, RangeBars, RangeRow
from advisorkit.export.blocks import table_of
from advisorkit.screens.advising import picture
from advisorkit.screens.parts import LiveDocument, Look, Tree, block, blocks, classed, laid_out, lead

TREES: tuple[Tree, ...] = (
    "bar", ("ak-main ak-costs", ("ak-left", "assumptions", "blocks bill"), ("ak-right-side", "advice", ("ak-split ak-split-e", "chart ranges", "chart curves"))),
)
NAMES = {id: name for id, name, *_ in PATTERNS}


def parts(found: Result, look: Look) -> dict[str, Any]:
    bars = tuple(RangeRow(id, f"{NAMES[id]} {found.ranges[id][1]:.1f}", tuple(1000 * v for v in found.ranges[id])) for id in found.ranges)
    lines = tuple(
        Curve(id, f"{NAMES[id]} {c[-1]:.1f}", tuple(800 * v for v in c), tuple(1000 * v for v in c), tuple(1300 * v for v in c)) for id, c in found.curves.items()
    )
    number = str(found.price)
    row = {
        "name": "price", "label": "Price", "low": "–", "likely": number, "high": "–", "numbers": [found.price] * 3, "step": 1, "floor": 0,
        "unit": "€", "source": "", "changed": True, "guess": False, "stale": False, "fault": "", "bad": "",
    }
    bar = {
        "client": "Bench", "sample": True, "workflow": "w", "workflows": [["w", "W"]], "sections": [["costs", "Costs"]], "section": "costs",
        "presenting": False, "scenario": "", "scenarios": [], "undo": True, "redo": False, "saved": "", "saved_words": "", "spoken": found.card, "notices": [],
    }
    return {
        "bar": bar, "advice": lead(found.card),
        "assumptions": {"sub": "", "title": "", "rows": [row], "moves": False, "sought": "", "which": "", "lists": [], "topics": [], "warnings": [], "tried": None},
        "blocks bill": blocks(block(table_of("Bill", ["", "Low", "Middle", "High"], found.table, range(1, 4)), wide=True)),
        "chart ranges": picture("ranges", RangeBars(title="Ranges", currency="EUR", bars=bars), look),
        "chart curves": picture("curves", Curves(title="Curves", currency="EUR", months=MONTHS, curves=lines), look),
    }


class App:
    """One screen; with `plotly` both charts are explored."""

    def __init__(self, *, plotly: bool = False) -> None:
        self.revision, self.look = 0, Look(section="costs", explored=frozenset({"ranges", "curves"} if plotly else ()))
        self.document = LiveDocument(self.edit, lambda: None)
        self.screen = classed(Box([laid_out(tree, self.document) for tree in TREES]), "ak ak-screen")
        self.show(START)

    def show(self, price: int) -> None:
        self.revision += 1
        self.document.view = {"revision": self.revision, "parts": parts(work_out(price), self.look)}

    def edit(self, name: str, args: Mapping[str, Any]) -> None:
        if name == "assume_part":
            self.show(int(args["text"]))
