"""From what a chart says to where its marks lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisorkit.charts import draw_advice, draw_costs, kinds
from advisorkit.charts.scene import Scene

_LAYOUTS: Mapping[type[kinds.Chart], Callable[..., Scene]] = {
    kinds.BeliefMap: draw_advice.belief_map,
    kinds.Waterfall: draw_advice.waterfall,
    kinds.ShareBars: draw_advice.share_bars,
    kinds.FlipBars: draw_advice.flip_bars,
    kinds.PathStairs: draw_advice.path_stairs,
    kinds.RangeBars: draw_costs.range_bars,
    kinds.Curves: draw_costs.curves,
    kinds.Tornado: draw_costs.tornado,
    kinds.Reliability: draw_costs.reliability,
}

KINDS: Mapping[str, type[kinds.Chart]] = {kind.__name__: kind for kind in _LAYOUTS}
"""Every kind of chart by the name of its class."""


def scene(chart: kinds.Chart, wide: float | None = None, **sizes: float) -> Scene:
    """Lay `chart` out, `wide` pixels wide or as wide as its kind usually is.

    `sizes` are other measures of its layout in pixels: ``row``, the distance of two rows, or ``tall``, the height of two axes.
    """
    size: dict[str, Any] = sizes if wide is None else {**sizes, "wide": wide}
    return _LAYOUTS[type(chart)](chart, **size)
