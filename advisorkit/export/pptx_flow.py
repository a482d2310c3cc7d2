"""Where the blocks of a page stand on slides: side by side, below each other, on as many slides as they need."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from advisorkit.charts.draw import scene
from advisorkit.charts.kinds import BeliefMap, Reliability
from advisorkit.charts.scene import width, wrap
from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block, Table
from advisorkit.export.pages import Page
from advisorkit.export.pptx_charts import chart, height
from advisorkit.export.pptx_shapes import SERIF, SPARE, Canvas, Frame, columns_of, plain, row_height, tall
from advisorkit.values.errors import printable

SIZES = (24.0, 22.0, 20.0, 18.0, 16.0)
"""Sizes of text in pixels; the largest at which a page fits is taken."""
FLOWING = 18.0
"""Size of text on pages that need several slides."""
MOST, LINES = 30.0, 2
"""Size and lines of the longest title; a longer one is cut, and told in full below."""
NAME = 40
"""Letters of a name before the title of its page where the two have no room; a longer name is cut, and told in full below."""
HEAD, CELL, ALONE = 60, 240, 420
"""Most letters in the head of a column, in a cell, and in the one long cell of a row."""
ROOMY = 900.0
"""Width in pixels from which two charts stand side by side."""
GAP = 18.0
"""Pixels between blocks."""
ASIDE = 44.0
"""Pixels between columns."""
_WIDEST = {BeliefMap: 420.0, Reliability: 420.0}
Row = tuple[tuple[Block, ...], ...]
"""Columns of blocks, side by side."""


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide, worked out."""

    title: str
    """What it says in one sentence."""
    rows: tuple[Row, ...]
    """What stands on it, from top to bottom."""
    size: float
    """Size of text, in pixels."""

    def draw(self, canvas: Canvas, body: Frame) -> None:
        """Draw all below the title; charts take what room is left, and a last decision stands at the foot."""
        spans = [_row(row, body.width, self.size) for row in self.rows]
        spare = max(0.0, body.height - sum(least for least, _ in spans) - GAP * (len(spans) - 1))
        top = body.top
        for n, (row, (least, most)) in enumerate(zip(self.rows, spans, strict=True)):
            grown = min(spare, most - least)
            spare -= grown
            if n == len(self.rows) - 1 and n and isinstance(row[0][0], kinds.Callout):
                top += spare
            left = body.left
            for column, wide in zip(row, _columns(row, body.width), strict=True):
                _stacked(canvas, Frame(left, top, wide, least + grown), column, self.size)
                left += wide + ASIDE
            top += least + grown + GAP


def slides_of(page: Page, body: Frame, *, named: bool = False) -> Iterator[Slide]:
    """The slides of a page: one at the largest size of text at which it fits, or several; `named` by what the page belongs to where a document has several parts."""
    title, blocks = _opened(page)
    said, title = title, f"{page.part}: {title}" if named and page.part and page.part not in title else title
    if len(wrap(printable(title), body.width * SERIF * SPARE, MOST)) > LINES:
        blocks.insert(0, kinds.Text((title,)))
        title = f"{page.part[:NAME].rstrip()}…: {said}" if said != title and len(page.part) > NAME else title
    halves: Any = (tuple(filter(None, row)) for row in replace(page, items=tuple(blocks)).rows)  # a half alone takes the whole width
    beside: tuple[Row, ...] = tuple(one for row in halves for one in (_side_by_side(row[0], wide=body.width > ROOMY) if len(row) == 1 else (row,)))
    below = tuple(_flat(beside))
    for size in SIZES:
        for rows in (beside, below):
            if sum(_row(row, body.width, size)[0] for row in rows) + GAP * (len(rows) - 1) <= body.height:
                yield Slide(title, rows, size)
                return
    slides = tuple(_several(beside, body))
    for n, held in enumerate(slides, 1):
        yield Slide(f"{title} ({n}/{len(slides)})", tuple(held), FLOWING)


def _flat(rows: Iterable[Row]) -> Iterator[Row]:
    """Each block below the one before."""
    return (((block,),) for row in rows for column in row for block in column)


def _opened(page: Page) -> tuple[str, list[Block]]:
    """The title of a page, and its blocks; a title too long to stand as one is told in full below."""
    blocks: list[Block] = [one for item in page.items if not isinstance(item, str) for one in _short(item.table if isinstance(item, kinds.LineItems) else item)]
    title = page.part
    match blocks[0] if blocks else None:
        case kinds.Heading(text, 2):
            title, blocks = text, blocks[1:]
        case kinds.DecisionBlock() as made:
            title, rest = made.advice, made.then
            blocks[:1] = [kinds.Text(tuple(filter(None, (f"{'●' if made.clear else '○'} {made.state}", rest, made.override))), "lead")]
    return title, blocks


def _short(block: Block) -> Iterator[Block]:
    """A table whose cells are no longer than a slide can hold, and below it in full what was cut."""
    if not isinstance(block, Table):
        yield block
        return
    lines = ((block.head, HEAD), *((row, ALONE if sum(len(cell.text) > HEAD for cell in row) < 2 else CELL) for row in block.rows))
    head, *rows = (tuple(cell if len(cell.text) <= most else replace(cell, text=cell.text[:most] + "…") for cell in row) for row, most in lines)
    yield replace(block, head=head, rows=tuple(rows))
    if cut := tuple(cell.text for row, most in lines for cell in row if len(cell.text) > most):
        yield kinds.Text(cut, "note")


def _side_by_side(blocks: Sequence[Block], *, wide: bool) -> tuple[Row, ...]:
    """Rows: a chart and what is said beside it, two charts that follow each other."""
    rows: list[Row] = []
    rest = list(blocks)
    while rest:
        block, follower = rest.pop(0), rest[0] if rest else None
        if isinstance(block, kinds.ChartBlock) and block.beside:
            rows.append(((replace(block, beside=()),), (kinds.Text(block.beside),)))
        elif wide and isinstance(block, kinds.ChartBlock) and isinstance(follower, kinds.ChartBlock) and not follower.beside:
            rows.append(((block,), (rest.pop(0),)))
        else:
            rows.append(((block,),))
    return tuple(rows)


def _columns(row: Row, room: float) -> list[float]:
    """Widths of the columns of a row; a chart is wider than the words beside it."""
    if len(row) == 1:
        return [room]
    share = 0.62 if isinstance(row[0][0], kinds.ChartBlock) and isinstance(row[1][0], kinds.Text) and type(row[0][0].chart) not in _WIDEST else 0.5
    return [(room - ASIDE) * share, (room - ASIDE) * (1 - share)]


def _row(row: Row, room: float, size: float) -> tuple[float, float]:
    """Least and most height of a row."""
    spans = [[_span(block, wide, size) for block in column] for column, wide in zip(row, _columns(row, room), strict=True)]
    totals = [(sum(least for least, _ in column) + _gaps(blocks), sum(most for _, most in column) + _gaps(blocks)) for column, blocks in zip(spans, row, strict=True)]
    return max(least for least, _ in totals), max(most for _, most in totals)


def _gaps(blocks: Sequence[Block]) -> float:
    return sum(4 if isinstance(block, kinds.Heading) else GAP for block in blocks[:-1])


def _span(block: Block, room: float, size: float) -> tuple[float, float]:
    """Least and most height of a block, in pixels."""
    match block:
        case kinds.Text():
            words, own, hang = _set(block, size)
            high = tall(words, _line(block, room, own) - hang, own)
        case kinds.Heading():
            high = tall(plain(block.text, bold=True), room, size * 0.9)
        case kinds.KeyFigures():
            wide, value = _figures(block, room, size)
            high = value * 1.2 + max(tall(plain(one.words), wide, _small(size)) for one in block.figures)
        case kinds.Callout():
            high = 14 + tall(_called(block), room, size)
        case kinds.Table():
            high = sum(row_height(row, columns_of(block, room, size * 0.9), size * 0.9) for row in (block.head, *block.rows)) + _captions(block, room, size)
        case kinds.ChartBlock():
            least, most = height(block.chart, size * 0.85)
            least, most = (least, most) if most else (_drawn(block, room, 1.1, 10_000)[1], _drawn(block, room, 1.5, 10_000)[1])
            head = _head(block, room, size)
            return least + head, most + head
        case _:
            return 0, 0
    return high, high


def _small(size: float) -> float:
    """Size of what stands below a figure, a title or a table."""
    return max(14.0, size * 0.75)


def _line(block: kinds.Text, room: float, size: float) -> float:
    """Width of lines: at most some ninety letters."""
    return room if block.style == "lead" else min(room, size * 44)


def _set(block: kinds.Text, size: float) -> tuple[Any, float, float]:
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


def _captions(block: Table, room: float, size: float) -> float:
    above = [tall(plain(block.title, bold=True), room, size * 0.9)] if block.title else []
    above += [tall(plain(text), room, _small(size)) for text in (block.subtitle, block.note) if text]
    return sum(above) + 8


def _head(block: kinds.ChartBlock, room: float, size: float) -> float:
    title = tall(plain(block.chart.title, bold=True), room, size * 0.9) if block.titled else 0
    return title + (tall(plain(block.chart.subtitle), room, _small(size)) + 6 if block.chart.subtitle else 0)


def _drawn(block: kinds.ChartBlock, room: float, most: float, high: float) -> tuple[Any, float, float]:
    """A drawing as large as fits into a box, its height and its scale."""
    for scale in (most, *(one for one in (1.4, 1.3, 1.2, 1.1, 1.0, 0.9) if one < most)):
        made = scene(block.chart, min(room / scale, _WIDEST.get(type(block.chart), 900.0)))
        if made.height * scale <= high:
            break
    return made, made.height * scale, scale


def _stacked(canvas: Canvas, frame: Frame, blocks: Sequence[Block], size: float) -> None:
    """Blocks below each other; charts share what room is left."""
    spans = [_span(block, frame.width, size) for block in blocks]
    spare, top = frame.height - sum(least for least, _ in spans) - _gaps(blocks), frame.top
    for n, (block, (least, most)) in enumerate(zip(blocks, spans, strict=True)):
        high = least + min(max(spare, 0), most - least)
        spare -= high - least
        _draw(canvas, Frame(frame.left, top, frame.width, high), block, size)
        top += high + _gaps(blocks[n : n + 2])


def _draw(canvas: Canvas, frame: Frame, block: Block, size: float) -> None:
    match block:
        case kinds.Text():
            words, own, _ = _set(block, size)
            bullet = {"bullets": "•", "numbered": "1"}.get(block.style, "")
            canvas.words(replace(frame, width=_line(block, frame.width, own)), words, own, bullet=bullet)
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


def _several(rows: Sequence[Row], body: Frame) -> Iterator[list[Row]]:
    """Rows on several slides; tables go on with their head, lists with their next number, columns that fit on no slide below each other."""
    held: list[Row] = []
    left, rest = body.height, [one for row in rows for one in ((row,) if len(row) == 1 or _row(row, body.width, FLOWING)[0] <= body.height else _flat((row,)))]
    while rest:
        row = rest.pop(0)
        least = _row(row, body.width, FLOWING)[0]
        if least > left:
            first, more = _split(row[0][0], body.width, left, whole=bool(held)) if len(row) == 1 else (None, None)
            if first is None and held:
                keep = [held.pop()] if isinstance(held[-1][0][-1], kinds.Heading) and len(held) > 1 else []
                yield held
                held, left, rest = [], body.height, [*keep, row, *rest]
                continue
            if more is not None:
                row, rest = ((first,),) if first else row, [((more,),), *rest]
                least = left
        held.append(row)
        left -= least + GAP
    if held:
        yield held


def _split(block: Block, room: float, high: float, *, whole: bool) -> tuple[Block | None, Block | None]:
    """What of a block stands in `high` pixels, and the rest; nothing and nothing where it cannot be parted, or not between `whole` paragraphs."""
    size = FLOWING
    if isinstance(block, Table):
        wide = columns_of(block, room, size * 0.9)
        left = 0.92 * (high - _captions(block, room, size) - row_height(block.head, wide, size * 0.9))  # a part may have narrower columns
        count = 0
        while count < len(block.rows) and (left := left - row_height(block.rows[count], wide, size * 0.9)) >= 0:
            count += 1
        if count := min(count, len(block.rows) - 1):
            return replace(block, rows=block.rows[:count], note="", total=False), replace(block, rows=block.rows[count:], title="", subtitle="")
    if isinstance(block, kinds.Text):
        if block.style == "numbered":
            block = kinds.Text(tuple(f"{n}. {text}" for n, text in enumerate(block.paragraphs, 1)))
        _, own, hang = _set(block, size)
        lines = [(n, line) for n, text in enumerate(block.paragraphs) for line in wrap(printable(text), (_line(block, room, own) - hang) * SPARE, own) or ("",)]
        count = int((high - len(block.paragraphs[:8]) * 0.4 * own) / (own * 1.3))
        ends = [at for at, ((n, _), (m, _)) in enumerate(pairwise(lines), 1) if n != m and at <= count]
        count = ends[-1] if ends else 0 if whole else count
        if 0 < count < len(lines):
            return tuple(replace(block, paragraphs=_joined(part)) for part in (lines[:count], lines[count:]))  # type: ignore[return-value]
    return None, None


def _joined(lines: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(" ".join(line for m, line in lines if m == n) for n in dict.fromkeys(n for n, _ in lines))
