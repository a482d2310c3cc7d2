"""How high a block of a page is on a slide, and how it is drawn there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from advisorkit.charts.draw import scene
from advisorkit.charts.draw_axes import ToldBars
from advisorkit.charts.kinds import BeliefMap, PathStairs, Reliability
from advisorkit.charts.scene import width
from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block, Table
from advisorkit.export.pptx_charts import chart, height
from advisorkit.export.pptx_shapes import SPARE, Canvas, Frame, columns_of, plain, row_height, tall

GAP, NEAR = 18.0, 4.0
"""Pixels between blocks, and between a heading and what it stands above."""
ASIDE = 44.0
"""Pixels between columns."""
WIDEST = {BeliefMap: 420.0, Reliability: 420.0, PathStairs: 1200.0, ToldBars: 1200.0}
"""Most width of a drawing, in pixels before it is enlarged."""
STEEP = ((1.8, 40.0), (1.6, 30.0))
"""How much stairs are enlarged where a slide has room, and how far each then rises above the one before."""


def gaps(blocks: Sequence[Block]) -> float:
    """Pixels between blocks below each other."""
    return sum(NEAR if isinstance(block, kinds.Heading) else GAP for block in blocks[:-1])


def span(block: Block, room: float, size: float) -> tuple[float, float]:
    """Least and most height of a block, in pixels."""
    match block:
        case kinds.Text():
            words, own, hang = set_of(block, size)
            high = tall(words, line_of(block, room, own) - hang, own)
        case kinds.Heading():
            high = tall(plain(block.text, bold=True), room, size * 0.9)
        case kinds.KeyFigures():
            wide, value = _figures(block, room, size)
            high = value * 1.2 + max(tall(plain(one.words), wide, _small(size)) for one in block.figures)
        case kinds.Callout():
            high = 14 + tall(_called(block), room, size)
        case kinds.Table():
            columns = columns_of(block, room, size * 0.9)
            high = sum(row_height(row, columns, size * 0.9) for row in (block.head, *block.rows)) + captions(block, room, size)
        case kinds.ChartBlock():
            least, most = height(block.chart, size * 0.85)
            least, most = (least, most) if most else (_drawn(block, room, 1.3 if isinstance(block.chart, PathStairs) else 1.1, 10_000)[1], _drawn(block, room, 1.5, 10_000)[1])
            head = _head(block, room, size)
            return least + head, most + head
        case _:
            return 0, 0
    return high, high


def _small(size: float) -> float:
    """Size of what stands below a figure, a title or a table."""
    return max(14.0, size * 0.75)


def line_of(block: kinds.Text, room: float, size: float) -> float:
    """Width of lines: at most some ninety letters."""
    return room if block.style == "lead" else min(room, size * 44)


def set_of(block: kinds.Text, size: float) -> tuple[Any, float, float]:
    """Paragraphs of a text with their look, their size, and by how much they hang behind a bullet."""
    own = {"lead": 18.0, "note": _small(size)}.get(block.style, size)
    return plain(*block.paragraphs, fill="text2" if block.style in {"lead", "note"} else "ink"), own, 1.2 * own if block.style in {"bullets", "numbered"} else 0


def _called(block: kinds.Callout) -> Any:
    sign = "" if block.tone == "note" else "▲ "
    return (((f"{sign}{block.opening} ", "ink" if block.tone == "note" else "guess", True, False), (block.text, "ink", False, False)),)


def _figures(block: kinds.KeyFigures, room: float, size: float) -> tuple[float, float]:
    """Width of each column of figures, and the size of their values."""
    count = len(block.figures)
    wide = (room - ASIDE * (count - 1)) / count
    return wide, 3.2 * size


def captions(block: Table, room: float, size: float) -> float:
    """Height of what stands above and below the rows of a table."""
    above = [tall(plain(block.title, bold=True), room, size * 0.9)] if block.title else []
    above += [tall(plain(text), room, _small(size)) for text in (block.subtitle, block.note) if text]
    return sum(above) + 8


def unbroken(block: Table, room: float, size: float) -> bool:
    """Whether every word of a table set at `size` has room in its column."""
    columns = zip(columns_of(block, room, size), zip(block.head, *block.rows, strict=True), strict=True)
    return all(width(word, size) <= wide * SPARE - GAP / 2 for wide, cells in columns for cell in cells for word in cell.text.split())


def _head(block: kinds.ChartBlock, room: float, size: float) -> float:
    title = tall(plain(block.chart.title, bold=True), room, size * 0.9) if block.titled else 0
    return title + (tall(plain(block.chart.subtitle), room, _small(size)) + 6 if block.chart.subtitle else 0)


def _drawn(block: kinds.ChartBlock, room: float, most: float, high: float) -> tuple[Any, float, float]:
    """A drawing as large as fits into a box, its height and its scale."""
    steep = STEEP if most >= 1.5 and isinstance(block.chart, PathStairs) else ()
    for scale, *rise in (*steep, (most,), *((one,) for one in (1.4, 1.3, 1.2, 1.1, 1.0, 0.9) if one < most)):
        made = scene(block.chart, min(room / scale, WIDEST.get(type(block.chart), 900.0)), **({"rise": rise[0]} if rise else {}))
        if made.height * scale <= high:
            break
    return made, made.height * scale, scale


def stacked(canvas: Canvas, frame: Frame, blocks: Sequence[Block], size: float) -> None:
    """Blocks below each other; charts share what room is left."""
    spans = [span(block, frame.width, size) for block in blocks]
    spare, top = frame.height - sum(least for least, _ in spans) - gaps(blocks), frame.top
    for n, (block, (least, most)) in enumerate(zip(blocks, spans, strict=True)):
        high = least + min(max(spare, 0), most - least)
        spare -= high - least
        _draw(canvas, Frame(frame.left, top, frame.width, high), block, size)
        top += high + gaps(blocks[n : n + 2])


def _draw(canvas: Canvas, frame: Frame, block: Block, size: float) -> None:
    match block:
        case kinds.Text():
            words, own, _ = set_of(block, size)
            bullet = {"bullets": "•", "numbered": "1"}.get(block.style, "")
            canvas.words(replace(frame, width=line_of(block, frame.width, own)), words, own, bullet=bullet)
        case kinds.Heading():
            canvas.words(frame, plain(block.text, bold=True), size * 0.9)
        case kinds.KeyFigures():
            wide, value = _figures(block, frame.width, size)
            own = min((value, *(wide * SPARE / (width(one.value, 1) * 1.25) for one in block.figures)))
            for n, one in enumerate(block.figures):
                left = frame.left + n * (wide + ASIDE)
                (told,) = canvas.words(Frame(left, frame.top, wide, value * 1.2), plain(one.value), own, lead=1.16, serif=True, low=True).text_frame.paragraphs[0].runs
                told.text = told.text.replace(" ", "\u00a0")  # a wider face than ours must not put half of a figure above its place
                canvas.words(Frame(left, frame.top + value * 1.2, wide, frame.height - value * 1.2), plain(one.words, fill="text2"), _small(size))
        case kinds.Callout():
            canvas.rule(frame.left, frame.top, frame.width, "text3" if block.tone == "note" else "guess")
            canvas.words(Frame(frame.left, frame.top + 14, frame.width, frame.height - 14), _called(block), size)
        case kinds.Table():
            _table(canvas, frame, block, size)
        case kinds.ChartBlock():
            _chart(canvas, frame, block, size)


def _above(canvas: Canvas, frame: Frame, title: str, subtitle: str, size: float) -> float:
    """Draw what stands above a table or chart; where that ends."""
    top = frame.top
    for text, own, bold in ((title, size * 0.9, True), (subtitle, _small(size), False)):
        if text:
            high = tall(plain(text, bold=bold), frame.width, own)
            canvas.words(Frame(frame.left, top, frame.width, high), plain(text, fill="ink" if bold else "text2", bold=bold), own)
            top += high
    return top


def _table(canvas: Canvas, frame: Frame, block: Table, size: float) -> None:
    top = _above(canvas, frame, block.title, block.subtitle, size)
    own, wide = size * 0.9, columns_of(block, frame.width, size * 0.9)
    high = sum(row_height(row, wide, own) for row in (block.head, *block.rows))
    canvas.table(Frame(frame.left, top, sum(wide), high), block, own)
    if block.note:
        canvas.words(Frame(frame.left, top + high + 8, frame.width, tall(plain(block.note), frame.width, _small(size))), plain(block.note, fill="text2"), _small(size))


def _chart(canvas: Canvas, frame: Frame, block: kinds.ChartBlock, size: float) -> None:
    top = _above(canvas, frame, block.chart.title if block.titled else "", block.chart.subtitle, size)
    room = Frame(frame.left, top + 6, frame.width, frame.bottom - top - 6)
    if not chart(canvas, room, block.chart, size * 0.85):
        made, _, scale = _drawn(block, room.width, 1.5, room.height)
        canvas.drawing(room, made, scale, block.chart.alt)
