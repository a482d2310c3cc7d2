"""The whole document of a screen: every card, table and chart from one view, so that none can disagree."""

from __future__ import annotations

from typing import cast

from advisorkit.charts.theme import THEMES
from advisorkit.screens import asking, captions, pricing, telling
from advisorkit.screens.phrases import tell
from advisorkit.screens.scenes import picture
from advisorkit.screens.stage import LARGE, SECTIONS, Doc, Stage
from advisorkit.study.study import Study

_MARGIN = 28
_ONE_COLUMN = 1100
_ROWS = {"shares": 25.0, "flips": 16.0, "cheapest": 32.0}
"""Distance of rows in pixels, where a screen differs from a report."""
_FILLED = {"ranges": (212, 37, 53), "tornado": (315, 34, 45), "waterfall": (262, 18.7, 24)}
"""Charts whose rows share a height: that height, the least and the greatest distance of rows."""
_PRESENTED = {"ranges": (440, 84), "cheapest": (160, 40)}
"""In presenter mode: the height that the rows of a chart may take, and the greatest distance of rows."""
_TALL = {"curves": 296.0}
"""Height of two axes in pixels."""


def document(view: Study, stage: Stage, page: Doc | None = None) -> Doc:
    """What the browser draws for `view` on a screen that stands as `stage`; `page` holds the parts of the later workbooks."""
    verdict = telling.verdict(view, stage)
    parts: Doc
    if page is not None:
        advice, parts = cast("Doc", page["lead"]), {"page": page}
    elif stage.section == "costs":
        advice = telling.cost_advice(view)
        parts = {"assumptions": pricing.assumption_table(view, stage), "bill": pricing.bill(view), "notes": pricing.notes(view)}
    else:
        advice = telling.advice(view)
        parts = {"question": asking.question(view, stage), "stop": asking.stop(view, stage), "room": asking.room(stage), "answers": asking.answers(view, stage), "scenarios": stage.scenarios}
    return {
        "revision": stage.revision, "section": stage.section, "bar": _bar(view, stage), "advice": advice, "verdict": verdict,
        "notices": [{"kind": n.kind, "words": n.words, "actions": [list(a) for a in n.actions]} for n in stage.notices],
        "spoken": telling.spoken(advice, verdict), "charts": page["charts"] if page and "charts" in page else _charts(view, stage), **parts,
    }


def _bar(view: Study, stage: Stage) -> Doc:
    file = view.engagement
    return {
        "client": file.client, "sample": file.sample, "workflow": view.workflow.id, "workflows": [[w.id, w.name] for w in file.workflows],
        "sections": [[name, tell(f"section.{name}")] for name in SECTIONS], "section": stage.section, "presenting": stage.presenting,
        "scenario": stage.scenario, "scenarios": list(file.scenarios), "undo": stage.can_undo, "redo": stage.can_redo,
        "saved": stage.saved, "saved_words": stage.saved_words,
    }


def _charts(view: Study, stage: Stage) -> Doc:
    found: Doc = {}
    for name, wide in _widths(stage).items():
        chart = captions.chart(name, view, stage.presenting)
        theme = THEMES[stage.theme] if name in stage.explored else None
        found[name] = None if chart is None else picture(chart, wide, theme, **_sizes(name, len(chart.rows()), wide, stage))
    return found


def _sizes(name: str, rows: int, wide: float, stage: Stage) -> dict[str, float]:
    """Measures of a chart's layout beside its width."""
    if name == "map" and stage.presenting:
        return {"tall": round((wide - 56) * 1.12)}
    if stage.presenting and name in _PRESENTED:
        tall, most = _PRESENTED[name]
        return {"row": min(most, tall / max(rows, 1))}
    if name in _TALL:
        return {"tall": _TALL[name]}
    if name in _FILLED:
        tall, least, most = _FILLED[name]
        return {"row": min(most, max(least, tall / max(rows, 1)))}
    return {"row": _ROWS[name]} if name in _ROWS else {}


def _widths(stage: Stage) -> dict[str, float]:
    if stage.section not in {"assessment", "costs"}:
        return {}
    wide, gap = stage.width - 2 * _MARGIN, 44 if stage.width > 1380 else 28
    inner = 40 if stage.width > 1380 else 28
    if stage.presenting:
        left, right = _split(stage.width - 80, 56, 704, 594) if stage.width > _ONE_COLUMN else (wide, wide)
        pair = ("cheapest", "ranges") if stage.section == "costs" else ("shares", "map")
        return dict(zip(pair, (left / LARGE, right / LARGE), strict=True))
    if stage.width <= _ONE_COLUMN:
        names = ("ranges", "cheapest", "curves", "tornado") if stage.section == "costs" else ("shares", "map", "waterfall", "flips", "path", "ranges")
        return dict.fromkeys(names, min(wide, 720))
    if stage.section == "costs":
        right = _split(wide, gap, 560, 780)[1]
        return {**_named(right, inner, ranges=460, cheapest=280), **_named(right, inner, curves=410, tornado=330)}
    right = _split(wide, gap, 372, 968)[1]
    return {
        "shares": _split(right, inner, 540, 388)[1], **_named(right, inner, map=344, waterfall=584),
        **_named(right, inner, flips=404, path=524), "ranges": _split(right, inner, 1, 1)[0],
    }


def _split(wide: float, gap: float, *parts: float) -> list[float]:
    left = wide - gap * (len(parts) - 1)
    return [left * part / sum(parts) for part in parts]


def _named(wide: float, gap: float, **parts: float) -> dict[str, float]:
    return dict(zip(parts, _split(wide, gap, *parts.values()), strict=True))
