"""The charts of a screen: those of reports, under the shorter titles that a screen has room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from advisorkit.advice.acceptability import SHARE
from advisorkit.advice.words import how_likely
from advisorkit.charts.kinds import BeliefMap, Chart, Curves, RangeBars, ShareBars, Tornado, Waterfall
from advisorkit.report import cost_pictures, pictures
from advisorkit.report.sentences import say
from advisorkit.screens.phrases import tell
from advisorkit.study.study import Study
from advisorkit.values.quantities import money_short, number


def chart(name: str, view: Study, presenting: bool) -> Chart | None:
    """The chart called `name`; None while there is nothing to draw. In presenter mode only the map keeps its subtitle."""
    found = _CHARTS[name](view)
    return replace(found, subtitle="") if found and presenting and name != "map" else found


def _map(view: Study) -> BeliefMap:
    belief = view.advice.belief
    title = tell("map.title", retrieval=tell(f"map.retrieval.{how_likely(belief.retrieval)}"), training=tell(f"map.training.{how_likely(belief.training)}"))
    return replace(pictures.belief_map(view.catalog, view.advice), title=title, subtitle=tell("map.sub"))


def _waterfall(view: Study) -> Waterfall:
    drawn = pictures.evidence(view.advice)
    title = tell("waterfall.title", label=drawn.steps[0].label) if drawn.steps else drawn.title
    return replace(drawn, title=title, subtitle=tell("waterfall.sub"))


def _ranges(view: Study) -> RangeBars:
    drawn = cost_pictures.range_bars(view)
    known = [row for row in drawn.bars if row.pattern and row.range]
    title, first = drawn.title, known[0] if known else None
    if first and sum(share for pattern, share in view.costs.cheapest.items() if pattern == first.pattern) >= SHARE:
        widest = max(known, key=lambda row: row.range[2] - row.range[0] if row.range else 0)
        title = tell("ranges.title" if widest is first else "ranges.title_wide", first=first.label, widest=widest.label)
    return replace(drawn, title=title, subtitle=tell("ranges.sub", months=view.months))


def _cheapest(view: Study) -> ShareBars:
    drawn = cost_pictures.cheapest_bars(view)
    title = tell("cheapest.title", first=drawn.bars[0].label, share=drawn.bars[0].shown) if drawn.bars else drawn.title
    return replace(drawn, title=title, subtitle=tell("cheapest.sub", draws=number(view.costs.draws)))


def _curves(view: Study) -> Curves | None:
    drawn = cost_pictures.curves(view)
    return drawn and replace(drawn, subtitle=tell("curves.sub"))


def _tornado(view: Study) -> Tornado | None:
    drawn, found = cost_pictures.tornado(view), view.costs.tornado
    if drawn is None or found is None:
        return None
    names = {"better": view.name(found.better), "against": say(f"pattern.{found.against}")}
    return replace(drawn, subtitle=tell("tornado.sub", **names, base=money_short(found.base, view.currency)))


_CHARTS: Mapping[str, Callable[[Study], Chart | None]] = {
    "shares": lambda v: pictures.destinations(v.catalog, v.advice),
    "map": _map,
    "waterfall": _waterfall,
    "flips": lambda v: pictures.flip_bars(v.catalog, v.advice, v.currency),
    "path": lambda v: replace(pictures.path_stairs(v.advice, v.currency), title=say("path.title")),
    "ranges": _ranges,
    "cheapest": _cheapest,
    "curves": _curves,
    "tornado": _tornado,
}
