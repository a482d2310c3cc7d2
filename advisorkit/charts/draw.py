"""From what a chart says to where its marks lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisorkit.charts import draw_axes, draw_rows, kinds
from advisorkit.charts.scene import Scene

_LAYOUTS: Mapping[type[kinds.Chart], Callable[..., Scene]] = {
    kinds.BeliefMap: draw_axes.belief_map, kinds.Curves: draw_axes.curves, kinds.Reliability: draw_axes.reliability,
    kinds.Waterfall: draw_rows.waterfall, kinds.ShareBars: draw_rows.share_bars, kinds.FlipBars: draw_rows.flip_bars,
    kinds.PathStairs: draw_rows.path_stairs, kinds.RangeBars: draw_rows.range_bars, kinds.Tornado: draw_rows.tornado,
}  # fmt: skip
KINDS: Mapping[str, type[kinds.Chart]] = {kind.__name__: kind for kind in _LAYOUTS}
"""Every kind of chart by the name of its class."""


def scene(chart: kinds.Chart, wide: float | None = None, **sizes: float) -> Scene:
    """Lay `chart` out, `wide` pixels wide or as wide as its kind usually is.

    `sizes` are other measures of its layout in pixels: ``row``, the distance of two rows, or ``tall``, the height of two axes.
    """
    size: dict[str, Any] = sizes if wide is None else {**sizes, "wide": wide}
    return _LAYOUTS[type(chart)](chart, **size)
