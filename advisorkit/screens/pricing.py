"""The assumption table and the bill."""

from __future__ import annotations

import math
from decimal import Decimal

from advisorkit.costs.flows import Phase
from advisorkit.costs.inputs import Input
from advisorkit.report import cost_pictures
from advisorkit.report.printed import sampled
from advisorkit.screens.asking import plain
from advisorkit.screens.phrases import tell
from advisorkit.screens.stage import Doc, Stage
from advisorkit.study.study import Study
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.prices import PriceAge
from advisorkit.values.quantities import SYMBOLS, Band, money, number, round_figures

_SHORT = 12
_PHASES: tuple[Phase, ...] = ("build", "run", "change", "error")


def assumption_table(view: Study, stage: Stage) -> Doc:
    """Rows that matter most, or all of them, and what is stale or only tried."""
    ages = {age.id: age for age in view.inputs.prices()}
    changed = sum(_changed(row, stage) for row in view.inputs.rows.values())
    names = list(view.inputs.rows) if stage.every_row else _first(view, stage)
    rows = [_row(view, stage, view.inputs.rows[name], ages) for name in names]
    stale = [view.inputs.rows[name].assumption.label for name in view.inputs.rows if _stale(view.inputs.rows[name], ages)]
    return {
        "sub": tell("assumptions.sub", count=changed) if changed else tell("assumptions.sub_none"),
        "rows": rows, "count": len(view.inputs.rows), "every": stage.every_row,
        "warnings": [tell("assumptions.stale", count=len(stale), names=", ".join(stale))] if stale else [],
        "what_if": tell("assumptions.what_if") if stage.tried else "",
    }


def _first(view: Study, stage: Stage) -> list[str]:
    rows = view.inputs.rows
    wanted = [name for name, row in rows.items() if _changed(row, stage) or (row.known and row.changed_by == "answer")]
    wanted += [bar.input for bar in (view.costs.tornado.bars if view.costs.tornado else ()) if bar.input not in wanted]
    wanted += [name for name in rows if name not in wanted and rows[name].assumption.numeric]
    chosen = set(wanted[: max(_SHORT, sum(_changed(rows[name], stage) for name in wanted))])
    return [name for name in rows if name in chosen]


def _changed(row: Input, stage: Stage) -> bool:
    return row.assumption.name in stage.tried or row.changed_by in {"workflow", "engagement"}


def _stale(row: Input, ages: dict[str, PriceAge]) -> bool:
    return row.price_id in ages and ages[row.price_id].state != "fresh"


def _row(view: Study, stage: Stage, row: Input, ages: dict[str, PriceAge]) -> Doc:
    name, scale = row.assumption.name, scale_of(row)
    base: Doc = {
        "name": name, "label": row.assumption.label, "unit": _unit(row, view.currency), "source": _source(row, stage, ages), "changed": _changed(row, stage),
        "guess": row.guess, "stale": _stale(row, ages), "fault": stage.faults.get(name, ""), "bad": stage.faults.get(f"{name} part", ""),
    }
    if not row.assumption.numeric:
        word = view.inputs.word(name)
        choices = row.assumption.choices or tuple(sorted(view.inputs.book.models))
        return {**base, "word": word, "choices": [[c, c] for c in dict.fromkeys((word, *choices))]}
    if row.range is None:
        return {**base, "low": "–", "likely": "", "high": "–", "numbers": None, "step": 0, "floor": 0}
    ends = [_tidy(end * scale, row) for end in (row.range.low, row.range.likely, row.range.high)]
    shown = ["–", plain(ends[1]), "–"] if row.range.fixed else [plain(end) for end in ends]
    floor = None if row.assumption.kind == "real" else 0
    return {**base, **dict(zip(("low", "likely", "high"), shown, strict=True)), "numbers": ends, "step": _step(ends[1]), "floor": floor}


def positions(row: Input, part: str, most: int = 20) -> list[float]:
    """Numbers that the arrow keys or the slider of one part may reach, nearest first, as displayed."""
    if row.range is None or not row.assumption.numeric:
        return []
    here = getattr(row.range, part) * scale_of(row)
    step = _step(row.range.likely * scale_of(row))
    found = [here + sign * n * step for n in range(1, most + 1) for sign in (1, -1)]
    return [float(typed(value)) for value in found if row.assumption.kind == "real" or value >= 0]


def typed(number: float) -> str:
    """A number as the browser types it after a step: six significant figures, no separators.

    Example:
        >>> typed(42_000.0), typed(0.30000000000000004), typed(6.5)
        ('42000', '0.3', '6.5')
    """
    return f"{Decimal(f'{number:.6g}'):f}"


def _tidy(value: float, row: Input) -> float:
    """What nobody typed is shown with three figures."""
    return round_figures(value, 3) if row.changed_by in {"default", "price book"} else value


def scale_of(row: Input) -> float:
    """By how much a value is multiplied for display: shares are shown as percent."""
    return 100.0 if row.assumption.in_percent else 1.0


def _unit(row: Input, currency: str) -> str:
    return row.assumption.unit_in(SYMBOLS.get(currency, currency).strip(), tell("unit.share"))


def _step(likely: float) -> float:
    """A round step of about a twentieth of `likely`."""
    if likely == 0:
        return 1.0
    raw = abs(likely) / 20
    size = 10 ** math.floor(math.log10(raw))
    return float(max(k * size for k in (1, 2, 5) if k * size <= raw * 1.0001))


def _source(row: Input, stage: Stage, ages: dict[str, PriceAge]) -> str:
    if row.assumption.name in stage.tried:
        return tell("source.tried")
    if row.changed_by == "price book":
        age = ages.get(row.price_id)
        return tell("source.price book", days=age.age_days) if age else tell("source.price book_undated")
    return tell(f"source.{row.changed_by}")


def notes(view: Study) -> list[list[Doc]]:
    """What the cost charts leave unsaid: savings against a prompt, and the volume at which another pattern becomes cheaper."""
    first = next(iter(sorted(view.costs.cheapest, key=lambda p: -view.costs.cheapest[p])), None)
    saved = [d.amount for d in view.costs.differences if d.left == "prompt" and d.right == first]
    lines = [_saving(view.name(str(first)), band, view.currency) for band in saved]
    breaks = [b for b in view.costs.break_even if b.calls_per_month and first in b.between]
    back = cost_pictures.payback(view)
    plain_lines = [tell("notes.within", months=view.months, share=sampled(back.within_horizon))] if back else []
    plain_lines += [
        tell("notes.break", one=view.name(b.between[0]), two=view.name(b.between[1]), calls=plain(round_figures(b.calls_per_month or 0)), reason=b.reason)
        for b in breaks[:1]
    ]
    told: list[list[Doc]] = [[{"text": line}] for line in plain_lines]
    return [*lines, *told]


def _saving(pattern: str, band: Band, currency: str) -> list[Doc]:
    saved = tell("notes.saving_range", low=money(band.p10, currency), high=money(band.p90, currency))
    return [{"text": tell("notes.saving", pattern=pattern)}, {"text": money(band.p50, currency), "strong": True}, {"text": saved}]


def bill(view: Study) -> Doc:
    """One row a pattern, in thousands; a printed total is the sum of what is printed."""
    left = [p for p in PATTERNS if view.advice.patterns[p].status != "ruled_out"]
    rows: list[tuple[int, Doc]] = []
    for pattern in left:
        amounts = [view.bill.total(pattern, phase) for phase in _PHASES]
        whole = [None if a is None else round(a / 1000) for a in amounts]
        total = sum(w for w in whole if w is not None)
        cells = [tell("bill.unknown") if w is None else number(w) for w in whole]
        rows.append((total, {"pattern": pattern, "name": view.name(pattern), "cells": [*cells, number(total)]}))
    return {
        "title": tell("bill.title"), "sub": tell("bill.sub", symbol=SYMBOLS.get(view.currency, view.currency).strip(), months=view.months),
        "head": ["", *(tell(f"bill.{phase}") for phase in _PHASES), tell("bill.total")],
        "rows": [row for _, row in sorted(rows, key=lambda pair: pair[0])],
    }
