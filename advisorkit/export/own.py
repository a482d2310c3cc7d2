"""What a consultant made with other packages, as blocks: plotly and matplotlib figures, and pandas frames."""

from __future__ import annotations

import io
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from numbers import Real
from typing import Any

import numpy as np

from advisorkit.charts.plotted import Picture, Plot, Series
from advisorkit.export.blocks import Block, ChartBlock, table_of
from advisorkit.values.errors import RenderError
from advisorkit.values.quantities import plain

_ROOM = 650
"""Pixels that a page has across."""
_DRAWN = {"scatter": "points", "scattergl": "points", "bar": "bar", "box": "box", "heatmap": "field"}
_WORKS = "plotly figures of scatter, line, bar, box or heatmap traces, matplotlib figures and pandas frames"


def block_of(value: Any, alt: str = "") -> Block:
    """A figure or a frame as a block; `alt` says what a figure shows, and is the title of a frame's table.

    Raises:
        RenderError: If it cannot be drawn in every format; names what can.
    """
    if hasattr(value, "savefig"):
        return ChartBlock(_picture(value, alt), titled=False)
    if hasattr(value, "to_plotly_json") and hasattr(value, "layout"):
        return ChartBlock(_plot(value, alt))
    if hasattr(value, "iterrows"):
        return _table(value, alt)
    raise RenderError(f"{type(value).__name__} cannot be shown in a document; blocks can, and {_WORKS}")


def _picture(figure: Any, alt: str) -> Picture:
    if not alt:
        raise RenderError("say what the picture shows, for those who cannot see it: show(figure, alt=…)")
    made = io.BytesIO()
    with sys.modules["matplotlib"].rc_context({"svg.hashsalt": alt}):
        figure.savefig(made, format="svg", metadata={"Date": None})
    wide, tall = (96 * float(inches) for inches in figure.get_size_inches())
    content = f"data:image/svg+xml;base64,{b64encode(made.getvalue()).decode()}"
    return Picture(title="", said=alt, content=content, wide=min(wide, _ROOM), tall=tall * min(1, _ROOM / wide))


def _plot(figure: Any, alt: str) -> Plot:
    layout, traces = figure.layout, [trace for trace in figure.data if trace.visible in (None, True)]
    if faults := list(dict.fromkeys(_faults(layout, traces))):
        raise RenderError(f"this plotly figure cannot be drawn in a document: {'; '.join(faults)}. What can be shown: {_WORKS}")
    places = [_places(trace, n) for n, trace in enumerate(traces)]
    names = [_names(v for found in places for v in found[axis]) for axis in (0, 1)]
    series = [one for trace, (x, y) in zip(traces, places, strict=True) for one in _series(trace, *(_numbers(v, n) for v, n in zip((x, y), names, strict=True)))]
    title, *titles = (_words(holder.title.text) for holder in (layout, layout.xaxis, layout.yaxis))
    return Plot(
        title=title or alt or " and ".join(filter(None, (one.name for one in series))), said=alt, series=tuple(series), across=tuple(names[0]), up=tuple(names[1]),
        titles=(titles[0], titles[1]), stacked=layout.barmode in ("stack", "relative"),
    )  # fmt: skip


def _faults(layout: Any, traces: Sequence[Any]) -> Iterator[str]:
    if not traces:
        yield "it holds no trace"
    for trace in traces:
        if trace.type not in _DRAWN:
            yield f"a {trace.type} trace"
        elif trace.xaxis not in (None, "x") or trace.yaxis not in (None, "y"):
            yield "more than one pair of axes"
        elif trace.type.startswith("scatter") and (trace.fill not in (None, "none") or "text" in (trace.mode or "")):
            yield "filled areas and words at points"
        elif trace.type == "box" and trace.y is None:
            yield "lying boxes, or boxes without their values"
    if "log" in (layout.xaxis.type, layout.yaxis.type):
        yield "a logarithmic axis"
    if any(trace.type == "bar" for trace in traces) and layout.barmode == "overlay":
        yield "bars over bars"


def _places(trace: Any, n: int) -> tuple[list[Any], list[Any]]:
    """Where the values of a trace stand across and up, as given or numbered."""
    if trace.type == "heatmap":
        z = np.asarray(trace.z)
        across, up = ([str(v) for v in given] if given is not None else [str(i + 1) for i in range(count)] for given, count in ((trace.x, z.shape[1]), (trace.y, z.shape[0])))
        return across * len(up), [name for name in up for _ in across]
    if trace.type == "box":
        return [str(v) for v in trace.x] if trace.x is not None else [trace.name or str(n + 1)] * len(trace.y), list(trace.y)
    x, y = (None if given is None else list(given) for given in (trace.x, trace.y))
    x = list(range(len(y or ()))) if x is None else x
    return x, list(range(len(x))) if y is None else y


def _names(values: Iterable[Any]) -> list[str]:
    """The names along an axis in the order in which they come; none where all are numbers."""
    found = [v for v in values if v is not None]
    return [] if all(isinstance(v, Real) for v in found) else list(dict.fromkeys(map(_named, found)))


def _named(value: Any) -> str:
    return str(value).removesuffix(" 00:00:00").removesuffix("T00:00:00.000000000")


def _numbers(values: Iterable[Any], names: list[str]) -> list[float]:
    at = {name: float(n) for n, name in enumerate(names)}
    return [float("nan") if v is None else at[_named(v)] if names else float(v) for v in values]


def _series(trace: Any, x: list[float], y: list[float]) -> Iterator[Series]:
    name, z = _words(trace.name), list(np.asarray(trace.z, dtype=float).ravel()) if trace.type == "heatmap" else [0.0] * len(x)
    known = [row for row in zip(x, y, z, strict=True) if np.isfinite(row).all()]
    if trace.type == "box":
        for place in dict.fromkeys(row[0] for row in known):
            summary = _summary(np.array([row[1] for row in known if row[0] == place]))
            yield Series(name, "box", (place,) * len(summary), summary)
    elif known:
        xs, ys, zs = (tuple(map(float, column)) for column in zip(*known, strict=True))
        lined = trace.type.startswith("scatter") and "lines" in (trace.mode or "lines")
        yield Series(name, "line" if lined else _DRAWN[trace.type], xs, ys, zs if trace.type == "heatmap" else ())  # type: ignore[arg-type]


def _summary(values: Any) -> tuple[float, ...]:
    """Ends of the whiskers, at most one and a half boxes long; edges and middle of the box; and what lies outside."""
    first, middle, third = np.percentile(values, (25, 50, 75))
    inside = (values >= first - 1.5 * (third - first)) & (values <= third + 1.5 * (third - first))
    low, high = values[inside].min(), values[inside].max()
    return tuple(map(float, (low, first, middle, third, high, *sorted(values[~inside]))))


def _words(text: str | None) -> str:
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", text or "").split()))


def _table(frame: Any, title: str) -> Block:
    shown = frame if type(frame.index).__name__ == "RangeIndex" else frame.reset_index()
    head = [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in shown.columns]
    right = [n for n, kind in enumerate(shown.dtypes) if kind.kind in "iuf"]
    return table_of(title, head, [[_cell(value) for value in row] for row in shown.itertuples(index=False, name=None)], right)


def _cell(value: Any) -> str:
    if str(value) in {"None", "nan", "NaT", "<NA>"}:
        return "not known"
    return {True: "yes", False: "no"}[bool(value)] if isinstance(value, bool | np.bool_) else plain(float(value)) if isinstance(value, Real) else _named(value)
