"""An executed notebook as slides: native charts and tables that can be edited, words that fit their boxes, and on how many slides the blocks of a page stand."""

import io
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, pairwise, repeat, takewhile, zip_longest
from pathlib import Path
from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.oxml.ns import qn

from advisorkit.charts.scene import width, wrap
from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block, Cover, Table
from advisorkit.export.brand import Brand
from advisorkit.export.formats import settled
from advisorkit.export.pages import Page, document
from advisorkit.export.pptx_blocks import ASIDE, GAP, NEAR, WIDEST, captions, gaps, line_of, set_of, span, stacked, unbroken
from advisorkit.export.pptx_shapes import SERIF, SPARE, Canvas, Frame, columns_of, master_of, name_of, plain, row_height, tall
from advisorkit.files.texts import speaking
from advisorkit.values.messages import here, printable

SIZES = (24.0, 22.0, 20.0, 18.0, 16.0)
"""Sizes of text in pixels; the largest at which a page fits is taken."""
MOST, LINES = 30.0, 2
"""Size and lines of the longest title; a longer one is cut, and told in full below."""
NAME = 40
"""Letters of a name before the title of its page where the two have no room; a longer name is cut, and told in full below."""
HEAD, CELL, ALONE = 60, 240, 600
"""Most letters in the head of a column, in a cell, and in the one long cell of a row."""
ROOMY = 900.0
"""Width in pixels from which two charts stand side by side."""
NARROW, HALF = 3, 20.0
"""Most columns of a table, and largest size of text, that stand in half of a slide."""
LOW, BARE = 0.25, 0.6
"""Least share of a slide in which columns begin below what has the whole width; share of the width up to which a table leaves half of a slide empty."""
STEPS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1.0)
"""Shares of the room to which slides and columns may be filled, so that all are filled alike."""
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
        spare = max(0.0, body.height - _high(self.rows, body.width, self.size))
        top = body.top
        for n, (row, (least, most)) in enumerate(zip(self.rows, spans, strict=True)):
            grown = min(spare, most - least)
            spare -= grown
            if n == len(self.rows) - 1 and n and isinstance(row[0][0], kinds.Callout):
                top += spare
            left = body.left
            for column, wide in zip(row, _columns(row, body.width), strict=True):
                stacked(canvas, Frame(left, top, wide, least + grown), column, self.size)
                left += wide + ASIDE
            top += least + grown + _gap(row)


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
        for rows in (beside, below, *(_parted(beside, body.width, size) if size <= HALF else ())):
            if _high(rows, body.width, size) <= body.height:
                yield Slide(title, rows, size)
                return
    slides, size = _fewest(beside, body)
    for n, held in enumerate(slides, 1):  # each as large as it can be where nothing of it goes on on another
        larger = (one for one in SIZES if one > size and all(row in beside for row in held) and _high(held, body.width, one) <= body.height)
        yield Slide(f"{title} ({n}/{len(slides)})" if len(slides) > 1 else title, tuple(held), next(larger, size))


def _flat(rows: Iterable[Row]) -> Iterator[Row]:
    """Each block below the one before."""
    return (((block,),) for row in rows for column in row for block in column)


def _opened(page: Page) -> tuple[str, list[Block]]:
    """The title of a page, and its blocks."""
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
    """A table whose cells are no longer than a slide can hold, and below it in full what was cut, with the row that it is from."""
    if not isinstance(block, Table):
        yield block
        return
    lines = ((block.head, HEAD, ""), *((row, ALONE if sum(len(cell.text) > HEAD for cell in row) < 2 else CELL, row[0].text.partition("\n")[0] + ": ") for row in block.rows))
    head, *rows = (tuple(cell if len(cell.text) <= most else replace(cell, text=_until(cell.text, most)) for cell in row) for row, most, _ in lines)
    yield replace(block, head=head, rows=tuple(rows))
    if cut := tuple(f"{whose if n else ''}{cell.text}" for row, most, whose in lines for n, cell in enumerate(row) if len(cell.text) > most):
        yield kinds.Text(cut, "note")


def _until(words: str, most: int) -> str:
    """The whole words among the first letters; one long word is cut within."""
    kept = words[:most] if words[most].isspace() else words[:most].rpartition(" ")[0] or words[:most]
    return kept.rstrip(" .,;:–") + " …"


def _side_by_side(blocks: Sequence[Block], *, wide: bool) -> tuple[Row, ...]:
    """Rows: a chart and what is said beside it, two charts that follow each other."""
    rows, rest = list[Row](), list(blocks)
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
    share = 0.62 if isinstance(row[0][0], kinds.ChartBlock) and isinstance(row[1][0], kinds.Text) and type(row[0][0].chart) not in WIDEST else 0.5
    return [(room - ASIDE) * share, (room - ASIDE) * (1 - share)]


def _row(row: Row, room: float, size: float) -> tuple[float, float]:
    """Least and most height of a row."""
    spans = [[span(block, wide, size) for block in column] for column, wide in zip(row, _columns(row, room), strict=True)]
    totals = [(sum(least for least, _ in column) + gaps(blocks), sum(most for _, most in column) + gaps(blocks)) for column, blocks in zip(spans, row, strict=True)]
    return max(least for least, _ in totals), max(most for _, most in totals)


def _gap(row: Row) -> float:
    """Pixels below a row."""
    return NEAR if len(row) == 1 and isinstance(row[0][-1], kinds.Heading) else GAP


def _high(rows: Sequence[Row], room: float, size: float) -> float:
    """Least height of rows below each other."""
    return sum(_row(row, room, size)[0] for row in rows) + sum(map(_gap, rows[:-1]))


def _fewest(rows: Sequence[Row], body: Frame) -> tuple[list[list[Row]], float]:
    """Rows on as few slides as can be, over the whole width or in two columns, and their size of text; then with no half left empty, as little cut apart, as evenly filled and as large as can be."""
    ways = [(size, way) for size in SIZES for way in ((_whole, _halved, _tucked) if size <= HALF else (_whole, _tucked))]
    costs = [_cost(way(rows, body, size, 1.0), body, size) for size, way in ways]
    best = [one for one, cost in zip(ways, costs, strict=True) if cost == min(costs)]
    tried = [(way(rows, body, size, step, unparted=unparted), size) for size, way in best for step in STEPS for unparted in (True, False)]
    return min(tried, key=lambda one: (*_cost(one[0], body, one[1]), *_parts(one[0], body, one[1])))


def _parts(slides: list[list[Row]], body: Frame, size: float) -> tuple[bool, int, float]:
    """Whether half of a slide is left empty, in how many parts blocks stand, and by how much the emptiest slide is filled."""
    rows = [row for held in slides for row in held]
    narrow = any(len(row) == 1 and isinstance(row[0][0], Table) and sum(columns_of(row[0][0], body.width, size * 0.9)) < body.width * BARE for row in rows)
    bare = any(all(isinstance(block, kinds.Text) and block.style == "note" for block in column) for row in rows if len(row) > 1 for column in row)
    return narrow or bare, sum(len(column) for row in rows for column in row), -min(_high(held, body.width, size) for held in slides)


def _cost(slides: list[list[Row]], body: Frame, size: float) -> tuple[bool, int]:
    """Whether anything hangs out of its slide, and how many slides there are."""
    return any(_high(held, body.width, size) > body.height for held in slides), len(slides)


def _whole(rows: Sequence[Row], body: Frame, size: float, share: float, *, unparted: bool = False) -> list[list[Row]]:
    """All over the whole width; slides before the last are filled up to a share, and what is left stands on the last."""
    before = len(list(_several(rows, body.width, repeat(body.height), size))) - 1
    return list(_several(rows, body.width, chain(repeat(body.height * share, before), repeat(body.height)), size, unparted=unparted))


def _tucked(rows: Sequence[Row], body: Frame, size: float, share: float, *, unparted: bool = False) -> list[list[Row]]:
    """The same, with what follows the last two halves below the shorter of them."""
    at = max((n for n, row in enumerate(rows) if len(row) > 1), default=len(rows))
    if (rest := rows[at + 1 :]) and all(_narrow(row, (body.width - ASIDE) / 2, size) for row in rest):
        highs = [_row((column,), wide, size)[0] for column, wide in zip(rows[at], _columns(rows[at], body.width), strict=True)]
        both = tuple((*column, *_column(rest)) if n == highs.index(min(highs)) else column for n, column in enumerate(rows[at]))
        rows = (*rows[:at], both) if _row(both, body.width, size)[0] <= body.height else rows
    return _whole(rows, body, size, share, unparted=unparted)


def _halved(rows: Sequence[Row], body: Frame, size: float, share: float, *, unparted: bool = False) -> list[list[Row]]:
    """All below the last row that needs the whole width in two columns."""
    half = (body.width - ASIDE) / 2
    head, rest = _headed(rows, half, size)
    slides = list(_several(head, body.width, repeat(body.height), size))
    room = body.height - _high(slides[-1], body.width, size) - GAP if slides else 0.0
    first = [room * share] * 2 if room > body.height * LOW else []
    columns = [_column(held) for held in _several(rest, half, chain(first, repeat(body.height * share)), size, unparted=unparted)]
    pairs: list[Row] = [(left, right) for left, right in zip_longest(columns[::2], columns[1::2], fillvalue=())]
    if first and pairs:
        slides[-1].append(pairs.pop(0))
    return [*slides, *([pair] for pair in pairs)]


def _parted(rows: Sequence[Row], room: float, size: float) -> list[tuple[Row, ...]]:
    """The same in one piece, the second column with a heading at its top; nothing where there is none."""
    head, rest = _headed(rows, (room - ASIDE) / 2, size)
    cuts = [n for n, row in enumerate(rest) if n and (isinstance(row[0][0], kinds.Heading) or (isinstance(row[0][0], Table) and row[0][0].title))]
    return sorted(((*head, (_column(rest[:n]), _column(rest[n:]))) for n in cuts), key=lambda one: _high(one, room, size))[:1]


def _headed(rows: Sequence[Row], half: float, size: float) -> tuple[Sequence[Row], Sequence[Row]]:
    """Rows to the last that needs more than `half` of the width, and those below it."""
    narrow = len(list(takewhile(lambda row: _narrow(row, half, size), reversed(rows))))
    return rows[: len(rows) - narrow], rows[len(rows) - narrow :]


def _column(rows: Iterable[Row]) -> tuple[Block, ...]:
    return tuple(row[0][0] for row in rows)


def _narrow(row: Row, half: float, size: float) -> bool:
    """Whether a row can stand in `half` of a slide, no word of a table broken."""
    match row:
        case ((kinds.Heading(),),):
            return True
        case ((kinds.Text(style=style),),):
            return style != "lead"
        case ((Table(head=head) as table,),):
            return len(head) <= NARROW and unbroken(table, half, size * 0.9)
    return False


def _several(rows: Sequence[Row], wide: float, rooms: Iterator[float], size: float, *, unparted: bool = False) -> Iterator[list[Row]]:
    """Rows on several slides or in several columns as high as `rooms`; tables go on with their head, lists with their next number, columns that fit on no slide below each other.

    `unparted` leaves in one piece what another slide can hold.
    """
    room = left = next(rooms)
    held, rest = list[Row](), [one for row in rows for one in ((row,) if len(row) == 1 or _row(row, wide, size)[0] <= room else _flat((row,)))]
    while rest:
        row = rest.pop(0)
        least = _row(row, wide, size)[0]
        if least > left:
            parted = len(row) == 1 and not (unparted and len(held) > 1 and least <= room)
            first, more = _split(row[0][0], wide, left, size, whole=not all(isinstance(one[0][-1], kinds.Heading) for one in held)) if parted else (None, None)
            if first is None and held:
                keep = [held.pop()] if isinstance(held[-1][0][-1], kinds.Heading) and len(held) > 1 else []
                yield held
                held, rest, left = [], [*keep, row, *rest], next(rooms)
                continue
            if more is not None:
                row, rest = ((first,),) if first else row, [((more,),), *rest]
                least = left
        held.append(row)
        left -= least + _gap(row)
    if held:
        yield held


def _split(block: Block, room: float, high: float, size: float, *, whole: bool) -> tuple[Block | None, Block | None]:
    """What of a block stands in `high` pixels, and the rest; nothing and nothing where it cannot be parted, or not between `whole` paragraphs."""
    if isinstance(block, Table):
        wide = columns_of(block, room, size * 0.9)
        left = high - captions(replace(block, note=""), room, size) - row_height(block.head, wide, size * 0.9)
        count = 0
        while count < len(block.rows) - (2 if len(block.rows) > 2 else 1) and (left := left - row_height(block.rows[count], wide, size * 0.9)) >= 0:
            count += 1
        while count and span(replace(block, rows=block.rows[:count], note=""), room, size)[0] > high:  # a part may have narrower columns
            count -= 1
        if count:
            return replace(block, rows=block.rows[:count], note="", total=False), replace(block, rows=block.rows[count:], title="", subtitle="", advised=max(0, block.advised - count))
    if isinstance(block, kinds.Text):
        if block.style == "numbered":
            block = kinds.Text(tuple(f"{n}. {text}" for n, text in enumerate(block.paragraphs, 1)))
        _, own, hang = set_of(block, size)
        lines = [(n, line) for n, text in enumerate(block.paragraphs) for line in wrap(printable(text), (line_of(block, room, own) - hang) * SPARE, own) or ("",)]
        count = sum(at * 1.3 * own + n * 0.4 * own <= high for at, (n, _) in enumerate(lines, 1))
        ends = [at for at, ((n, _), (m, _)) in enumerate(pairwise(lines), 1) if n != m and at <= count]
        count = ends[-1] if ends else 0 if whole else count
        if 0 < count < len(lines):
            return tuple(replace(block, paragraphs=_joined(part)) for part in (lines[:count], lines[count:]))  # type: ignore[return-value]
    return None, None


def _joined(lines: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(" ".join(line for m, line in lines if m == n) for n in dict.fromkeys(n for n, _ in lines))


_TITLE = (38.0, 34.0, MOST)


def render(notebook: Any, *, interactive: bool = False, brand: Brand | str | Path | None = None) -> bytes:  # noqa: ARG001 - every renderer takes it
    """An executed notebook as a PowerPoint file, a slide a page; what does not fit goes on on the next.

    `brand` is a brand or its file and wins over the notebook's own.

    Raises:
        RenderError: If the notebook is unfinished or an output has no renderer.
        EngagementError: If the brand file has faults.
    """
    found = document(notebook, "pptx", brand)
    cover = found.cover
    master = master_of(b64decode(cover.brand.pptx_master), cover.brand)
    _cover(Canvas(master.deck.slides.add_slide(master.cover), master), cover)
    named = len(found.parts) > 1
    with speaking(cover.language):
        slides = [("" if named else page.part, slide) for page in found.pages for slide in slides_of(page, master.body, named=named)]
        for number, (part, slide) in enumerate(slides, 2):
            _slide(Canvas(master.deck.slides.add_slide(master.plain), master), cover, part, slide, f"/{len(slides) + 1}", number)
    told, day, sender = master.deck.core_properties, datetime.fromisoformat(cover.as_of or "1980-01-01"), printable(cover.brand.name)
    told.title, told.subject, told.author, told.last_modified_by = (printable(words)[:250] for words in (cover.title, cover.subtitle, sender, sender))
    told.created, told.modified, told.revision, told.language, told.comments, told.keywords = day, day, 1, cover.language, cover.sample, ""
    made = io.BytesIO()
    master.deck.save(made)
    return settled(made.getvalue())


def _cover(canvas: Canvas, cover: Cover) -> None:
    own, fill = canvas.master.own, "page" if canvas.master.own else "ink"
    if own:
        canvas.slide.background.fill.solid()
        canvas.slide.background.fill.fore_color.rgb = RGBColor.from_string(cover.brand.cover[1:])
    title, about = canvas.slide.placeholders[0], next(p for p in canvas.slide.placeholders if p.placeholder_format.idx)
    texts = filter(None, (cover.subtitle, f"{cover.client}, {cover.date}", cover.sample, "" if own else cover.brand.name, "" if own else cover.brand.confidentiality))
    _fill(canvas, title, (cover.title,), (56, 48, 40, 32), 1.16, fill)
    _fill(canvas, about, tuple(texts), (24, 20, 17, 14), 1.35, fill)
    if own:
        canvas.words(Frame(72, 72, 1000, 30), plain(_cut(cover.brand.name, 1000, 20), fill=fill), 20)
        canvas.words(Frame(72, 652, 1136, 24), plain(_cut(cover.brand.confidentiality, 1136, 16), fill=fill), 16)


def _fill(canvas: Canvas, shape: Any, texts: Sequence[str], sizes: Sequence[float], lead: float, fill: str) -> None:
    """Words in a placeholder at the largest size at which they fit, cut at the smallest."""
    unit, inset = canvas.master.unit, 0 if canvas.master.own else 20
    room, high = (shape.width / unit - inset) * SERIF, shape.height / unit - inset / 2
    size = next((size for size in sizes if tall(plain(*texts), room, size, lead, 0) <= high), sizes[-1])
    left = max(len(texts), int(high / (size * lead)))
    for n, text in enumerate(texts):
        kept = _cut(text, room, size, left - (len(texts) - n - 1))
        left -= len(wrap(kept, room, size)) or 1
        paragraph = shape.text_frame.paragraphs[0] if n == 0 else shape.text_frame.add_paragraph()
        canvas.paragraph(paragraph, ((kept, fill, False, False),), size, lead)
        paragraph.alignment = paragraph.alignment if canvas.master.own else None


def _cut(text: str, room: float, size: float, lines: int = 1) -> str:
    """`text` on at most so many lines, with a sign where more was said."""
    found = wrap(printable(text), room * SPARE, size)
    if len(found) > lines:
        found = wrap(printable(text), room * SPARE - width("…", size), size)
        return " ".join(found[:lines]).rstrip(" .,;") + "…"
    return " ".join(found)


def _slide(canvas: Canvas, cover: Cover, part: str, slide: Slide, total: str, number: int) -> None:
    body = canvas.master.body
    _fill(canvas, canvas.slide.shapes.title, (slide.title,), _TITLE, 1.16, "ink")
    slide.draw(canvas, body)
    end = printable(f"{cover.date}. {'. '.join(filter(None, (cover.sample, cover.brand.name, cover.brand.confidentiality)))}.")
    name = _cut(", ".join(filter(None, (cover.client, part))), max(120.0, body.width - 90 - width(end, 14) / 0.9), 14)
    foot = canvas.words(Frame(body.left, body.bottom + 12, body.width - 80, 20), plain(_cut(f"{name}{'' if name.endswith('…') else '.'} {end}", body.width - 80, 14), fill="text2"), 14)
    page = canvas.words(Frame(body.left + body.width - 70, body.bottom + 12, 70, 20), plain(f"{number}{total}", fill="text2"), 14, anchor="end")
    _numbered(page, str(number), total)
    for shape, kind in ((foot, "ftr"), (page, "sldNum")):
        found = next((p for p in canvas.master.plain.placeholders if p.element.ph.get("type") == kind), None)
        if found is not None:
            place = shape._element.xpath(".//p:nvPr")[0]  # noqa: SLF001 - only content placeholders have an interface
            etree.SubElement(place, qn("p:ph"), type=kind, sz="quarter", idx=str(found.placeholder_format.idx))
    if cover.sample:
        tag = canvas.words(Frame(body.left + body.width - 90, 14, 90, 18), plain(here("Sample").upper(), fill="guess", bold=True), 14, anchor="end")
        name_of(tag, here("Sample"), "")


def _numbered(box: Any, number: str, total: str) -> None:
    """Turn the words ``n/N`` into a field that counts, and the rest."""
    run = box.text_frame.paragraphs[0].runs[0]._r  # noqa: SLF001 - fields have no interface
    field = etree.Element(qn("a:fld"), id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", type="slidenum")
    for child in list(run):
        field.append(etree.fromstring(etree.tostring(child)))
    field.find(qn("a:t")).text, run.find(qn("a:t")).text = number, total
    run.addprevious(field)
