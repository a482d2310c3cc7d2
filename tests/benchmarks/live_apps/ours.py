"""The mini-app on our own screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.live_apps.model import MONTHS, PATTERNS, START, Result, work_out

from advisorkit.charts.kinds import Curve, Curves, RangeBars, RangeRow
from advisorkit.charts.theme import LIGHT, Theme
from advisorkit.screens.foresee import Foresight, Likely
from advisorkit.screens.scenes import picture
from advisorkit.screens.screen import Screen

NAMES = {id: name for id, name, *_ in PATTERNS}


def document(found: Result, revision: int, theme: Theme | None = None) -> dict[str, Any]:
    bars = tuple(RangeRow(id, NAMES[id], tuple(1000 * v for v in found.ranges[id])) for id in found.ranges)
    lines = tuple(
        Curve(id, NAMES[id], tuple(800 * v for v in c), tuple(1000 * v for v in c), tuple(1300 * v for v in c)) for id, c in found.curves.items()
    )
    number = str(found.price)
    row = {
        "name": "price", "label": "Price", "low": "–", "likely": number, "high": "–", "numbers": [found.price] * 3, "step": 1, "floor": 0,
        "unit": "€", "source": "", "changed": True, "guess": False, "stale": False, "fault": "", "bad": "",
    }
    bill = [{"pattern": id, "name": NAMES[id], "cells": cells[1:]} for (id, *_), cells in zip(PATTERNS, found.table, strict=True)]
    bar = {
        "client": "Bench", "sample": True, "workflow": "w", "workflows": [["w", "W"]], "sections": [["costs", "Costs"]], "section": "costs",
        "presenting": False, "scenario": "", "scenarios": [], "undo": True, "redo": False, "saved": "", "saved_words": "",
    }
    return {
        "revision": revision, "section": "costs", "bar": bar, "notices": [], "spoken": found.card, "basis": "one control", "notes": [],
        "advice": {"when": "", "clear": True, "headline": [{"text": found.card}], "summary": "", "beside": []},
        "assumptions": {"sub": "", "rows": [row], "count": 1, "every": True, "warnings": [], "what_if": ""},
        "bill": {"title": "Bill", "sub": "", "head": ["", "Low", "Middle", "High"], "rows": bill},
        "charts": {
            "ranges": picture(RangeBars(title="Ranges", currency="EUR", bars=bars), 460, theme),
            "curves": picture(Curves(title="Curves", currency="EUR", months=MONTHS, curves=lines), 410, theme),
        },
    }


class App:
    """One screen; with `ahead` the positions of the control are sent before they are asked for."""

    def __init__(self, *, ahead: bool = False, plotly: bool = False) -> None:
        self.revision, self.ahead, self.theme = 0, ahead, LIGHT if plotly else None
        self.screen = Screen(self.edit, self.show(START), lambda: None)
        self.foresight = Foresight(self.screen.send)

    def show(self, price: int) -> dict[str, Any]:
        return document(work_out(price), self.revision, self.theme)

    def edit(self, name: str, args: Mapping[str, Any]) -> None:
        self.revision += 1
        if name == "assume_part":
            self.screen.view = self.show(int(args["text"]))
        if self.ahead and name in {"assume_part", "focus"}:
            self.foresight.start("one control", self.likely())

    def likely(self) -> Iterator[Likely]:
        here = int(self.screen.view["assumptions"]["rows"][0]["likely"])
        for price in sorted(range(max(0, here - 40), here + 41), key=lambda p: abs(p - here)):
            args = {"name": "price", "part": "likely", "text": str(price)}
            yield Likely("assume_part", args, lambda price=price: self.show(price))

