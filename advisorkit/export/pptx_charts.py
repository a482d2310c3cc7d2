"""Charts as PowerPoint's own, with their data in a workbook inside; None where it has no form for a kind."""

import io
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import xlsxwriter
from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn

from advisorkit.charts import kinds
from advisorkit.charts.scene import ticks, width
from advisorkit.export.pptx_shapes import Canvas, Frame, faint, name_of
from advisorkit.values.messages import here, locale, printable
from advisorkit.values.quantities import SYMBOLS, money_short, span

NAMES = 0.42
"""Most of a chart's width that the names of its rows take."""


def chart(canvas: Canvas, frame: Frame, shown: kinds.Chart, size: float) -> bool:
    """Draw `shown` as PowerPoint's own chart with words at `size` pixels; False where it has no form for it."""
    draw = _KINDS.get(type(shown))
    if draw is None or (isinstance(shown, kinds.RangeBars) and any(bar.range and bar.range[0] < 0 for bar in shown.bars)):
        return False
    draw(canvas, frame, shown, size)
    return True


def height(shown: kinds.Chart, size: float) -> tuple[float, float]:
    """Least and most height that `shown` takes, in pixels; 0 where it is no chart of PowerPoint's."""
    least, most, axis = _HEIGHTS.get(type(shown), (0, 0, 0))
    count = len(shown.rows())
    return (300, 460) if isinstance(shown, kinds.Curves) else (least * size * count + axis, most * size * count + axis)


def _added(canvas: Canvas, frame: Frame, shown: kinds.Chart, kind: Any, data: Any, size: float) -> Any:
    made = canvas.slide.shapes.add_chart(kind, *canvas.place(frame), data)
    name_of(made, shown.kind, shown.alt)
    found = made.chart
    found.has_legend = found.has_title = False
    found.font.size = canvas.points(size)
    canvas.colour(found.font.color, "ink")
    return found


def _bars(canvas: Canvas, frame: Frame, shown: kinds.Chart, kind: Any, names: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], size: float, gap: int) -> Any:
    """A chart of horizontal bars, first on top, without lines that say nothing."""
    data = CategoryChartData()
    data.categories = [printable(name) for name in names]
    for name, values in series:
        data.add_series(printable(name), values)
    found = _added(canvas, frame, shown, kind, data, size)
    found.part.chart_workbook.update_from_xlsx_blob(_book(names, series))
    found.plots[0].gap_width = gap
    names_axis, values_axis = found.category_axis, found.value_axis
    names_axis.reverse_order = True
    names_axis.tick_label_position, names_axis.major_tick_mark = XL_TICK_LABEL_POSITION.LOW, XL_TICK_MARK.NONE
    names_axis.has_major_gridlines = values_axis.has_major_gridlines = False
    canvas.colour(names_axis.format.line.color, "ink")
    values_axis.major_tick_mark, values_axis.visible = XL_TICK_MARK.NONE, False
    return found


def _paint(canvas: Canvas, on: Any, token: str, opacity: float = 1) -> None:
    on.format.fill.solid()
    canvas.colour(on.format.fill.fore_color, token)
    faint(on.format.fill, opacity)


def _say(canvas: Canvas, point: Any, text: str, place: Any, size: float, token: str, *, bold: bool = True) -> Any:
    words = point.data_label.text_frame
    canvas.paragraph(words.paragraphs[0], ((text, token, bold, False),), size, 1.15)
    words.paragraphs[0].line_spacing, words.word_wrap = None, False
    point.data_label.position = place
    return point.data_label


def _money_axis(canvas: Canvas, axis: Any, values: Sequence[float], currency: str, place: Any = XL_TICK_LABEL_POSITION.HIGH, most: int = 5) -> None:
    """A visible axis of money from nought, with hairlines, at most `most` beside that at nought."""
    scale = ticks(min(0.0, *values), max(values) * 1.04 or 1, most)
    axis.visible, axis.has_major_gridlines, axis.tick_label_position = True, True, place
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = scale[0], scale[-1], scale[1] - scale[0]
    canvas.colour(axis.major_gridlines.format.line.color, "hairline")
    canvas.colour(axis.tick_labels.font.color, "text2")
    axis.format.line.fill.background()
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = money_format(scale, currency), False
    axis._element.txPr.bodyPr.set("rot", "0")  # noqa: SLF001 - turning has no interface, and some programs turn what stands close


def money_format(scale: Sequence[float], currency: str) -> str:
    """The number format of an axis of money, as `money_short` writes it.

    Example:
        >>> money_format((0, 100_000), "EUR")
        '"€"#,##0,"k";"−€"#,##0,"k";"€"0'
    """
    told, most, step = locale(), max(map(abs, scale)), scale[1] - scale[0]
    unit = next(((cut, word) for size, cut, word in ((1e9, ",,,", told.billion), (1e6, ",,", told.million), (1e4, ",", told.thousand)) if most >= size and word), ("", ""))
    part = step / 10 ** (3 * len(unit[0]))
    digits = ("#,##0" if part >= 1 else "#,##0.0" if part >= 0.1 else "#,##0.00") + unit[0] + (f'"{unit[1]}"' if unit[1] else "")
    before, _, after = told.amount.format(sign=SYMBOLS.get(currency, f"{currency} "), number="0").partition("0")
    return ";".join(told.office + f'"{minus}{before}"{part}"{after}"'.replace('""', "") for minus, part in (("", digits), ("−", digits), ("", "0")))


def _shares(canvas: Canvas, frame: Frame, shown: kinds.ShareBars, size: float) -> None:
    found = _bars(canvas, frame, shown, XL_CHART_TYPE.BAR_CLUSTERED, [bar.label for bar in shown.bars], [(here(shown.head[1]), [bar.share or 0.0 for bar in shown.bars])], size, 60)
    found.value_axis.minimum_scale, found.value_axis.maximum_scale = 0, 1.4
    for n, bar in enumerate(shown.bars):
        point = found.plots[0].series[0].points[n]
        _paint(canvas, point, bar.pattern or "text3")
        _say(canvas, point, "  ".join(filter(None, (bar.shown, bar.brief or bar.note))), XL_LABEL_POSITION.OUTSIDE_END, size, bar.pattern if bar.share is not None else "text3")


def _flips(canvas: Canvas, frame: Frame, shown: kinds.FlipBars, size: float) -> None:
    patterns = {share.pattern: share.label for flip in shown.flips for share in flip.shares}
    shares = [{share.pattern: share.share for share in flip.shares} for flip in shown.flips]
    today = here("today: {value}")
    names = [f"{flip.change}{f' ({today.format(value=flip.today)})' if flip.today else ''}: {' '.join(filter(None, (flip.shown, flip.note and f'({flip.note})')))}" for flip in shown.flips]
    series = [(label, [row.get(pattern) or 0.0 for row in shares]) for pattern, label in patterns.items()]
    found = _bars(canvas, frame, shown, XL_CHART_TYPE.BAR_STACKED_100, names, series, size, 70)
    found.plots[0].overlap = 100
    for pattern, one in zip(patterns, found.plots[0].series, strict=True):
        _paint(canvas, one, pattern)
    for n, row in enumerate(shares):
        for one, (pattern, label) in zip(found.plots[0].series, patterns.items(), strict=True):
            if (row.get(pattern) or 0) >= 0.16:
                _say(canvas, one.points[n], label, XL_LABEL_POSITION.CENTER, size * 0.85, "on_pattern")


def _ranges(canvas: Canvas, frame: Frame, shown: kinds.RangeBars, size: float) -> None:
    """Bars from low to high on a base that is not seen; the middle is a thin part of full colour, and words stand after the bar."""
    bars = [bar.range for bar in shown.bars]
    highest = max((bar[2] for bar in bars if bar), default=1.0)
    parts = [_parts(bar, highest) for bar in bars]
    names = [bar.label for bar in shown.bars]
    series = [(head, [row[n] for row in parts]) for n, head in enumerate(map(here, _PARTS))]
    found = _bars(canvas, frame, shown, XL_CHART_TYPE.BAR_STACKED, names, series, size, 110)
    told = [(head, [bar and bar[n] for bar in bars]) for n, head in enumerate(map(here, shown.head[1:]))]
    found.part.chart_workbook.update_from_xlsx_blob(_book(names, series, told, _FORMULAS))
    found.plots[0].overlap = 100
    _money_axis(canvas, found.value_axis, [highest * 1.35], shown.currency, most=max(1, min(5, int(frame.width / 140))))
    for n, bar in enumerate(shown.bars):
        points = [one.points[n] for one in found.plots[0].series]
        for point, opacity in zip(points, (0, 0.28, 1, 0.28, 0), strict=True):
            _paint(canvas, point, bar.pattern or "text2", opacity)
        low, middle, high = (money_short(value, shown.currency) for value in bar.range or (0, 0, 0))
        words = f"{middle} ({span(low, high)})" if bar.range else bar.note
        _say(canvas, points[4], words, XL_LABEL_POSITION.INSIDE_BASE, size, (bar.pattern or "text2") if bar.range else "text3", bold=bar.range is not None)


_HIGH = "MAX($I$2:$I${last})"
_FORMULAS = ("=G{n}", f"=MAX(0,H{{n}}-G{{n}}-0.003*{_HIGH})", f"=IF(I{{n}}=0,0,0.006*{_HIGH})", f"=MAX(0,I{{n}}-H{{n}}-0.003*{_HIGH})", f"=0.3*{_HIGH}")
_PARTS = ("Base", "Low to middle", "Middle", "Middle to high", "Room for words")


def _parts(bar: tuple[float, float, float] | None, highest: float) -> tuple[float, ...]:
    thin, (low, middle, high) = highest * 0.003, bar or (0.0, 0.0, 0.0)
    return low, max(0.0, middle - low - thin), thin * 2 if bar else 0.0, max(0.0, high - middle - thin), highest * 0.3


def _book(names: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], more: Sequence[tuple[str, Sequence[float | None]]] = (), formulas: Sequence[str] = ()) -> bytes:
    """The workbook behind a chart: no word in it is a formula, and what follows from other columns (`more`) is one; {n} in a formula is its row."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        page = book.add_worksheet("Sheet1")
        for n, name in enumerate(names, 1):
            page.write_string(n, 0, printable(name))
        for column, (head, values) in enumerate((*series, *more), 1):
            page.write_string(0, column, printable(head))
            for n, value in enumerate(values, 1):
                if column <= len(formulas):
                    page.write_formula(n, column, formulas[column - 1].format(n=n + 1, last=len(names) + 1), None, value)
                elif value is not None:
                    page.write_number(n, column, value)
    return made.getvalue()


def _curves(canvas: Canvas, frame: Frame, shown: kinds.Curves, size: float) -> None:
    data = XyChartData()
    ends = {"": "middle", f", {here('low')}": "low", f", {here('high')}": "high"}
    edges = [(one, one.label + end, values) for one in shown.curves for end, name in ends.items() if (values := getattr(one, name))]
    for _, name, values in edges:
        one = data.add_series(printable(name))
        for month, value in zip(shown.months, values, strict=True):
            one.add_data_point(month, value)
    even, high = shown.break_even, 0.92 - 3.4 * size / frame.height
    low, peak = ticks(min(0.0, *shown.amounts), max(shown.amounts) * 1.04 or 1)[0], max(shown.amounts)
    words = 1.5 * size / (high * frame.height) if even else 0.0  # above all lines, none of which strikes them
    top = low + (peak - low) * 1.03 / (1 - words)
    if even:
        one = data.add_series(printable(even.words))
        one.add_data_point(even.month, even.amount)
        one.add_data_point(even.month, top - (top - low) * words / 2)
    found = _added(canvas, frame, shown, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, data, size)
    _money_axis(canvas, found.value_axis, shown.amounts, shown.currency, XL_TICK_LABEL_POSITION.LOW)
    _laid(found, 70 / frame.width, 0.04, 1 - (70 + 9 * size) / frame.width, high)
    months = found.category_axis
    months.minimum_scale, months.maximum_scale = shown.months[0], shown.months[-1]
    months.major_unit, months.has_major_gridlines, months.major_tick_mark = 6 if shown.months[-1] <= 48 else 12, False, XL_TICK_MARK.NONE
    months.has_title, months.tick_label_position = True, XL_TICK_LABEL_POSITION.LOW
    months.axis_title.text_frame.text = here("Months since start")
    font = months.axis_title.text_frame.paragraphs[0].runs[0].font
    font.size, font.bold = canvas.points(size * 0.85), False
    found.value_axis.maximum_scale = top
    lowest, inch = 1e9, top - low
    for one, (curve, _, values) in zip(found.plots[0].series, edges, strict=False):
        _line(canvas, one, curve.pattern or "text2", 3 if values is curve.middle else 1, dashed=values is not curve.middle)
    for one, curve in sorted(((one, curve) for one, (curve, _, values) in zip(found.plots[0].series, edges, strict=False) if values is curve.middle), key=lambda pair: pair[1].middle[-1]):
        at = (top - curve.middle[-1]) / inch * high
        lowest = min(at, lowest - 1.25 * size / frame.height)
        label = _say(canvas, one.points[len(shown.months) - 1], f"{curve.label} {money_short(curve.middle[-1], shown.currency)}", XL_LABEL_POSITION.RIGHT, size, curve.pattern or "text2")
        _shifted(label, lowest - at)
    if even:
        _crossing(canvas, found.plots[0].series[len(edges)], even, frame, (frame.width - 70 - 9 * size) / shown.months[-1], size)


def _crossing(canvas: Canvas, line: Any, even: kinds.BreakEven, frame: Frame, month: float, size: float) -> None:
    """An upright line through a crossing, with what it says at its upper end, on the left only where it is late and there is room; a `month` is so many pixels wide."""
    told = f"{even.words}; {even.range_words}" if frame.width > 800 else even.range_words
    wide, before, after = width(told, size * 0.9, bold=True) + size, even.month * month, frame.width - 70 - even.month * month
    _line(canvas, line, "ink", 1, dashed=True)
    line.points[0].marker.style, line.points[0].marker.size = XL_MARKER_STYLE.CIRCLE, 9
    _paint(canvas, line.points[0].marker, "page")
    _say(canvas, line.points[1], told, XL_LABEL_POSITION.LEFT if before > max(wide, after - 9 * size) else XL_LABEL_POSITION.RIGHT, size * 0.9, "ink")


def _line(canvas: Canvas, one: Any, fill: str, wide: float, *, dashed: bool) -> None:
    one.smooth = False
    canvas.colour(one.format.line.color, fill)
    one.format.line.width = canvas.points(wide)
    if dashed:
        one.format.line.dash_style = MSO_LINE.DASH


def _shifted(label: Any, down: float) -> None:
    """Move a label by a share of the chart's height."""
    layout = label._dLbl.find(qn("c:idx"))  # noqa: SLF001 - places of labels have no interface
    layout.addnext(_layout(("x", "0"), ("y", f"{down:.4f}")))


def _layout(*pairs: tuple[str, str]) -> Any:
    layout = etree.Element(qn("c:layout"))
    manual = etree.SubElement(layout, qn("c:manualLayout"))
    for name, value in pairs:
        etree.SubElement(manual, qn(f"c:{name}")).set("val", value)
    return layout


def _laid(found: Any, *sides: float) -> None:
    """Fix the plot's own rectangle: left, top, width and height as shares of the chart."""
    area = found._chartSpace.chart.plotArea  # noqa: SLF001 - the layout of a plot has no interface
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    area.insert(0, _layout(("layoutTarget", "inner"), ("xMode", "edge"), ("yMode", "edge"), *zip("xywh", map(str, sides), strict=True)))


def _tornado(canvas: Canvas, frame: Frame, shown: kinds.Tornado, size: float) -> None:
    names = [swing.label for swing in shown.swings]
    series = [(here("At its low end"), [swing.low for swing in shown.swings]), (here("At its high end"), [swing.high for swing in shown.swings])]
    found = _bars(canvas, frame, shown, XL_CHART_TYPE.BAR_CLUSTERED, names, series, size, 60)
    found.plots[0].overlap = 100
    ends = sorted(value for _, values in series for value in values)
    beside = max(width(words, size * 0.85) for swing in shown.swings for words in (swing.low_input, swing.high_input)) + size
    left = min(max(width(name, size) for name in names) * 1.1, frame.width * NAMES) + size
    plot = frame.width - left - 2 * size
    spare = (ends[-1] - ends[0]) * min(beside / max(plot - 2 * beside, 1), 1)  # for the words beyond the bars
    reach = min(0.0, ends[0] - spare), max(0.0, ends[-1] + spare)
    _money_axis(canvas, found.value_axis, reach, shown.currency)
    found.value_axis.maximum_scale = most = reach[1] or 1.0
    label = width(money_short(-max(map(abs, reach)), shown.currency), size) + size
    found.value_axis.major_unit *= ceil(label * (most - found.value_axis.minimum_scale) / (plot * found.value_axis.major_unit))  # as many labels as have room
    _laid(found, left / frame.width, 0.01, plot / frame.width, 0.98 - 2 * size / frame.height)
    found.value_axis.crosses_at = shown.base
    canvas.colour(found.category_axis.format.line.color, "page")
    for one, fill, words in zip(found.plots[0].series, ("evidence_against", "evidence_for"), ("low_input", "high_input"), strict=True):
        _paint(canvas, one, fill)
        for n, swing in enumerate(shown.swings):
            _say(canvas, one.points[n], getattr(swing, words), XL_LABEL_POSITION.OUTSIDE_END, size * 0.85, "text2", bold=False)


_HEIGHTS: Mapping[type[kinds.Chart], tuple[float, float, float]] = {
    kinds.ShareBars: (2.2, 2.8, 0), kinds.FlipBars: (3, 4.4, 0), kinds.RangeBars: (3, 4.6, 40), kinds.Tornado: (2.4, 3, 40),
}  # fmt: skip
"""Least and most height of a row in sizes of its words, and height of the axis in pixels."""
_KINDS: Mapping[type[kinds.Chart], Callable[..., None]] = {
    kinds.ShareBars: _shares, kinds.FlipBars: _flips, kinds.RangeBars: _ranges, kinds.Curves: _curves, kinds.Tornado: _tornado,
}  # fmt: skip
