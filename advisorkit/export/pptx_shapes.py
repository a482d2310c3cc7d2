"""What stands on a slide, and the PowerPoint master under it, ours or a client's own: words whose room is worked out beforehand, tables, and drawings made of native shapes."""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.shapes import PP_PLACEHOLDER as KIND
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Pt

from advisorkit.charts import scene as s
from advisorkit.charts.kinds import Point
from advisorkit.charts.scene import Words, width, wrap
from advisorkit.charts.svg import CORNERS
from advisorkit.charts.theme import LIGHT
from advisorkit.export.blocks import Cell, Table
from advisorkit.export.brand import Brand
from advisorkit.export.formats import small, unsigned
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.messages import RenderError, here, printable

_SECTIONS = "http://schemas.microsoft.com/office/powerpoint/2010/main"
TALL = 720.0
"""Height of every slide on the grid, in pixels; its width follows from the master."""
_TITLES = {KIND.TITLE, KIND.CENTER_TITLE}
_BESIDE = {KIND.DATE, KIND.FOOTER, KIND.SLIDE_NUMBER}
_OURS = {
    KIND.TITLE: (72, 30, 1136, 92), KIND.CENTER_TITLE: (72, 200, 1040, 150), KIND.SUBTITLE: (72, 372, 1040, 130),
    KIND.FOOTER: (72, 676, 1000, 22), KIND.SLIDE_NUMBER: (1108, 676, 100, 22), KIND.DATE: (72, 700, 200, 18),
}  # fmt: skip
_PLAIN = Brand()
_SLOTS = {"dk1": "ink", "accent1": "prompt", "accent2": "rag", "accent3": "finetune", "accent4": "hybrid", "accent5": "evidence_for", "accent6": "evidence_against"}


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle on the grid, in pixels."""

    left: float
    """From the slide's left edge."""
    top: float
    """From the slide's top edge."""
    width: float
    """In pixels."""
    height: float
    """In pixels."""

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Master:
    """A presentation without slides, and where things stand on its slides."""

    deck: Any
    """The presentation."""
    unit: float
    """English metric units of a pixel."""
    cover: Any
    """Layout of the first slide, with title and subtitle."""
    plain: Any
    """Layout of every other slide, with a title alone."""
    own: bool
    """Whether it is ours, so that the brand's colours are set."""

    @property
    def title(self) -> Frame:
        """Where titles stand."""
        found = next(p for p in self.plain.placeholders if p.placeholder_format.type in _TITLES)
        return Frame(*(side / self.unit for side in (found.left, found.top, found.width, found.height)))

    @property
    def body(self) -> Frame:
        """Where everything below the title stands, down to the foot."""
        title, inset = self.title, 0 if self.own else 91_440 / self.unit
        feet = [p.top / self.unit for p in self.plain.placeholders if p.placeholder_format.type in _BESIDE and p.top / self.unit > TALL * 0.8]
        return Frame(title.left + inset, title.bottom + 8, title.width - 2 * inset, min([676.0, *feet]) - title.bottom - 20)


def master_of(content: bytes, brand: Brand = _PLAIN) -> Master:
    """The master in `content`, or ours in the faces of `brand` when there is none.

    Raises:
        RenderError: If it has not the layouts that slides need; other errors if it is broken.
    """
    deck = Presentation(io.BytesIO(small(content))) if content else _ours(brand)
    slides = deck.slides._sldIdLst  # noqa: SLF001 - the library has no call that removes a slide
    for one in list(slides):
        deck.part.drop_rel(one.rId)
        slides.remove(one)
    for one in list(deck.element.iter(qn("p:custShowLst"), f"{{{_SECTIONS}}}sectionLst")):  # they name slides that are gone
        one.getparent().remove(one)
    unsigned(deck.part.package._rels)  # noqa: SLF001 - parts of a package have no interface
    kinds = [(layout, {p.placeholder_format.type for p in layout.placeholders} - _BESIDE) for layout in deck.slide_layouts]
    covers = [layout for layout, found in kinds if KIND.SUBTITLE in found and found & _TITLES]
    plain = [layout for layout, found in kinds if found == {KIND.TITLE}]
    if missing := [name for name, found in (("a title and a subtitle", covers), ("a title alone", plain)) if not found]:
        raise RenderError(f"has no layout with {' and none with '.join(missing)}")
    made = Master(deck, deck.slide_height / TALL, covers[0], plain[0], not content)
    if made.body.height < 300 or made.body.width < 500:
        raise RenderError(f"leaves too little room below the title of its layout '{plain[0].name}'")
    return made


def _ours(brand: Brand) -> Any:
    deck = Presentation()
    deck.slide_width, deck.slide_height = 12_192_000, 6_858_000
    for number, layout in reversed(list(enumerate(deck.slide_layouts))):
        if number not in {0, 5, 6}:
            deck.slide_layouts.remove(layout)
    for shape in [one for holder in (deck.slide_master, *deck.slide_layouts) for one in holder.placeholders]:
        kind = shape.placeholder_format.type
        if kind in _OURS:
            shape.left, shape.top, shape.width, shape.height = (side * 9525 for side in _OURS[kind])
            words = shape.text_frame
            words.margin_left = words.margin_right = words.margin_top = words.margin_bottom = 0
            words.vertical_anchor = MSO_ANCHOR.BOTTOM if kind in _TITLES else MSO_ANCHOR.TOP
    for part in (link.target_part for link in deck.slide_master.part.rels.values() if link.reltype.endswith("/theme")):
        part._blob = _themed(part.blob.decode(), brand).encode()  # noqa: SLF001 - a theme has no interface
    return deck


def _themed(theme: str, brand: Brand) -> str:
    """A theme in our colours and the first face of the brand's that Office has on every machine."""
    for slot, token in _SLOTS.items():
        theme = re.sub(rf"(<a:{slot}>).*?(</a:{slot}>)", rf'\g<1><a:srgbClr val="{LIGHT[token][1:]}"/>\g<2>', theme, flags=re.DOTALL)
    for slot, faces in (("major", brand.serif), ("minor", brand.sans)):
        face = next((name for word in faces.split(",") if (name := word.strip(" \"'")) not in {"", "Helvetica Neue"}), "Arial")
        theme = re.sub(rf'(<a:{slot}Font>\s*<a:latin typeface=")[^"]*', rf"\g<1>{face}", theme)
    return theme


SPARE = 0.96
"""Share of a box that lines may fill, since faces of other machines are a little wider than the one measured."""
SERIF = 0.88
"""The same for lines in a serif face: DejaVu Serif, which stands in where Georgia is missing, is wider by a sixth."""
THEIRS = 0.9
"""Size of text on a client's own master, as a share of ours."""
_ALIGN = {"start": PP_ALIGN.LEFT, "middle": PP_ALIGN.CENTER, "end": PP_ALIGN.RIGHT}
_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_PAD = 8.0


def plain(*paragraphs: str, fill: str = "ink", bold: bool = False) -> tuple[tuple[Words, ...], ...]:
    """Paragraphs of one look."""
    return tuple(((text, fill, bold, False),) for text in paragraphs)


def tall(paragraphs: Iterable[Sequence[Words]], room: float, size: float, lead: float = 1.3, gap: float = 0.4) -> float:
    """Height of paragraphs in a box `room` pixels wide, at `size` pixels, with `gap` of a size between them."""
    lines = [max(1, len(wrap(printable("".join(run[0] for run in runs)), room * SPARE, size, bold=any(run[2] for run in runs)))) for runs in paragraphs]
    return sum(lines) * size * lead + max(0, len(lines) - 1) * gap * size


@dataclass(frozen=True, slots=True)
class Canvas:
    """One slide to draw on, in pixels of the grid."""

    slide: Any
    """The slide."""
    master: Master
    """What it stands on."""

    def place(self, frame: Frame) -> tuple[int, int, int, int]:
        """A frame in the file's own units."""
        return tuple(round(side * self.master.unit) for side in (frame.left, frame.top, frame.width, frame.height))  # type: ignore[return-value]

    def points(self, pixels: float) -> Any:
        """A size in points; a little less on a client's own master, whose face may be wider than the one measured."""
        return Pt(round(pixels * self.master.unit * (1 if self.master.own else THEIRS) / 1270) / 10)

    def colour(self, paint: Any, fill: str) -> None:
        """Set a colour; greys of text give way to the text colour of a client's own master."""
        if fill == "ink" or (fill in {"text2", "text3"} and not self.master.own):
            paint.theme_color = MSO_THEME_COLOR.TEXT_1
        else:
            paint.rgb = RGBColor.from_string(LIGHT[fill][1:])

    def words(
        self, frame: Frame, paragraphs: Iterable[Sequence[Words]], size: float, *, lead: float = 1.3, bullet: str = "", serif: bool = False,
        anchor: s.Anchor = "start", low: bool = False,
    ) -> Any:
        """Paragraphs in a box that lets nothing hang out; `bullet` is a sign, or ``1`` for numbers."""
        box = self.slide.shapes.add_textbox(*self.place(frame))
        into = box.text_frame
        into.word_wrap = True
        into.margin_left = into.margin_right = into.margin_top = into.margin_bottom = 0
        into.vertical_anchor = MSO_ANCHOR.BOTTOM if low else MSO_ANCHOR.TOP
        for n, runs in enumerate(paragraphs):
            paragraph = into.paragraphs[0] if n == 0 else into.add_paragraph()
            self.paragraph(paragraph, runs, size, lead, anchor, serif=serif)
            if n:
                paragraph.space_before = self.points(0.4 * size)
            if bullet:
                self._bullet(paragraph, bullet, size)
        return box

    def paragraph(self, into: Any, runs: Iterable[Words], size: float, lead: float = 1.25, anchor: s.Anchor = "start", *, serif: bool = False) -> None:
        """Fill a paragraph; lines are `lead` sizes apart on every machine."""
        into.line_spacing, into.alignment = self.points(lead * size), _ALIGN[anchor]
        for text, fill, bold, italic in runs:
            run = into.add_run()
            run.text = printable(text).replace("\n", " ")
            run.font.size, run.font.bold, run.font.italic = self.points(size), bold, italic
            run.font.name = "+mj-lt" if serif else None
            self.colour(run.font.color, fill)

    def _bullet(self, paragraph: Any, bullet: str, size: float) -> None:
        look = paragraph._p.get_or_add_pPr()  # noqa: SLF001 - bullets have no interface
        look.set("marL", str(round(1.2 * size * self.master.unit)))
        look.set("indent", str(-round(1.2 * size * self.master.unit)))
        tag, given = ("a:buAutoNum", {"type": "arabicPeriod", "startAt": "1"}) if bullet == "1" else ("a:buChar", {"char": bullet})
        etree.SubElement(look, qn(tag), given)

    def rule(self, left: float, top: float, wide: float, fill: str = "text3") -> None:
        """A line across."""
        line = _bare(self.slide.shapes.add_connector(1, *self.place(Frame(left, top, 0, 0))[:2], *self.place(Frame(left + wide, top, 0, 0))[:2]))
        line.line.width = self.points(1)
        self.colour(line.line.color, fill)

    def table(self, frame: Frame, block: Table, size: float) -> None:
        """A table with a rule under its head and hairlines between its rows."""
        rows, wide = (block.head, *block.rows), columns_of(block, frame.width, size)
        shape = self.slide.shapes.add_table(len(rows), len(block.head), *self.place(frame))
        made = shape.table
        made._tbl.tblPr.find(qn("a:tableStyleId")).text = _TABLE  # noqa: SLF001 - styles have no interface
        made.horz_banding = False
        for column, room in zip(made.columns, wide, strict=True):
            column.width = round(room * self.master.unit)
        for n, (row, cells) in enumerate(zip(made.rows, rows, strict=True)):
            row.height = round(row_height(cells, wide, size) * self.master.unit)
            last = block.total and n == len(rows) - 1
            for cell, made_cell, right, after in zip(cells, row.cells, block.numeric, (False, *block.numeric), strict=False):
                self._cell(made_cell, cell, size, head=not n, right=right, total=last, inner=1 if right else 2 * after)
                if 0 < n == block.advised:
                    made_cell.fill.solid()
                    self.colour(made_cell.fill.fore_color, "tint")
        name_of(shape, block.title or here("Table"), "; ".join(filter(None, (block.title, block.subtitle))) or " | ".join(cell.text for cell in block.head))

    def _cell(self, made: Any, cell: Cell, size: float, *, head: bool, right: bool, total: bool, inner: int) -> None:
        """One cell; words keep `inner` distances from figures before them."""
        made.margin_left, made.margin_right = (round(pad * _PAD * self.master.unit) for pad in (inner, not inner))
        made.margin_top = made.margin_bottom = round(0.3 * size * self.master.unit)
        made.vertical_anchor = MSO_ANCHOR.BOTTOM if head else MSO_ANCHOR.TOP
        for n, line in enumerate(printable(cell.text).split("\n")):
            paragraph = made.text_frame.paragraphs[0] if n == 0 else made.text_frame.add_paragraph()
            self.paragraph(paragraph, (_look(cell, line, head=head, total=total, first=n == 0),) if line else (), size if n == 0 else size * 0.85, anchor="end" if right else "start")
            if not line:  # a line without words is as high as its end says, or as words of 18 points
                etree.SubElement(paragraph._p, qn("a:endParaRPr"), sz=str(self.points(size).centipoints))  # noqa: SLF001 - ends of paragraphs have no interface
        edge = etree.SubElement(made._tc.get_or_add_tcPr(), qn("a:lnB"), w=str(round((1.5 if head else 0.75) * self.master.unit)))  # noqa: SLF001 - borders have no interface
        etree.SubElement(etree.SubElement(edge, qn("a:solidFill")), qn("a:srgbClr"), val=LIGHT["ink" if head else "hairline"][1:])

    def drawing(self, frame: Frame, drawn: s.Scene, scale: float, alt: str) -> None:
        """A drawing as one group of native shapes, `scale` times as large as drawn."""
        shapes = self.slide.shapes
        before = len(shapes)
        for panel in drawn.panels:
            for mark in panel.marks:
                if isinstance(mark, s.Label):
                    self._label(frame, panel, mark, scale)
                else:
                    self._shape(frame, panel, mark, scale)
        group = shapes.add_group_shape([*shapes][before:])  # all at once, since a group is measured again for each shape that is drawn into it
        name_of(group, alt.partition(".")[0], alt)

    def _label(self, frame: Frame, panel: s.Panel, mark: s.Label, scale: float) -> None:
        """Words in a box that is wide enough not to wrap them; one that may not wrap them is moved by half of what it is too wide in some programs."""
        x, y = panel.at(mark.x, mark.y)
        wide, high = width(mark.text, mark.size, bold=mark.bold) / SPARE ** (1 if mark.turned else 4) + 2, mark.size * 1.3
        left = x + mark.dx - {"start": 0, "middle": wide / 2, "end": wide}[mark.anchor]
        left, top = (x + mark.dx - wide / 2, y + mark.dy - high / 2) if mark.turned else (left, y + mark.dy - high / 2)
        box = self.words(
            Frame(frame.left + left * scale, frame.top + top * scale, wide * scale, high * scale), (((mark.text, mark.fill, mark.bold, mark.italic),),),
            mark.size * scale, anchor="middle" if mark.turned else mark.anchor,
        )
        box.rotation, box.text_frame.word_wrap = -90 if mark.turned else 0, not mark.turned

    def _shape(self, frame: Frame, panel: s.Panel, mark: s.Mark, scale: float) -> None:
        """A mark as a freeform, in tenths of a pixel."""
        outlines = [[((frame.left + x * scale) * 10, (frame.top + y * scale) * 10) for x, y in one] for one in outlined(mark, panel)]
        if not outlines:
            return
        builder = self.slide.shapes.build_freeform(*outlines[0][0], scale=self.master.unit / 10)
        for n, (first, *rest) in enumerate(outlines):
            if n:
                builder.move_to(*first)
            builder.add_line_segments(rest, close=not isinstance(mark, s.Stroke))
        shape = _bare(builder.convert_to_shape())
        line, hollow = shape.line, isinstance(mark, s.Stroke) or (isinstance(mark, s.Dot) and mark.mark == "ring") or (isinstance(mark, s.Strip) and mark.dashed)
        if isinstance(mark, s.Stroke):
            shape.fill.background()
        elif isinstance(mark, s.Area) and mark.hatched:
            shape.fill.patterned()
            shape.fill.pattern = 21  # light upward diagonal
            self.colour(shape.fill.fore_color, "hairline")
            shape.fill.back_color.theme_color = MSO_THEME_COLOR.BACKGROUND_1
        else:
            shape.fill.solid()
            self.colour(shape.fill.fore_color, "page" if hollow else mark.fill)
            faint(shape.fill, mark.opacity)
        if hollow:
            line.width = self.points(mark.width * scale if isinstance(mark, s.Stroke) else 1.5)
            self.colour(line.color, mark.fill)
            if getattr(mark, "dash", "") or getattr(mark, "dashed", False):
                line.dash_style = 4
        else:
            line.fill.background()


def _bare(shape: Any) -> Any:
    """A shape without the shadows of a theme."""
    shape._element.remove(shape._element.find(qn("p:style")))  # noqa: SLF001 - styles of shapes have no interface
    return shape


def outlined(mark: s.Mark, panel: s.Panel) -> list[list[Point]]:
    """Outlines of a mark in pixels of its drawing."""
    match mark:
        case s.Strip():
            (left, y), (right, _) = panel.at(mark.x0, mark.y), panel.at(mark.x1, mark.y)
            up, down = y - mark.thick / 2, y + mark.thick / 2
            return [[(left, up), (right, up), (right, down), (left, down)]]
        case s.Stroke() | s.Area():
            return [[panel.at(*point) for point in mark.points]]
        case s.Dots():
            return [_ring(*panel.at(*point), mark.size / 2, 6) for point in mark.points]
        case s.Dot():
            x, y = panel.at(mark.x, mark.y)
            half = mark.size / 2
            return [[(x + half * dx, y + half * dy) for dx, dy in CORNERS[mark.mark]] if mark.mark in CORNERS else _ring(x, y, half, 36)]
    return []


def _ring(x: float, y: float, radius: float, corners: int) -> list[Point]:
    return [(x + radius * cos(2 * pi * n / corners), y + radius * sin(2 * pi * n / corners)) for n in range(corners)]


def faint(fill: Any, opacity: float) -> None:
    """Let what lies behind a plain fill show through."""
    if opacity < 1:
        found = fill._xPr.find(qn("a:solidFill"))[0]  # noqa: SLF001 - transparency has no interface
        etree.SubElement(found, qn("a:alpha")).set("val", str(round(opacity * 100_000)))


def name_of(shape: Any, name: str, alt: str) -> None:
    """Give a shape its name and its text for those who cannot see it."""
    found = shape._element.xpath(".//p:cNvPr")[0]  # noqa: SLF001 - alternative text has no interface
    found.set("name", printable(name)[:100])
    found.set("descr", printable(alt))


def _look(cell: Cell, line: str, *, head: bool, total: bool, first: bool = True) -> Words:
    """How a line of a cell is set."""
    fill = {"strong": "ink", "muted": "text3", "stale": "error", "": "text2" if head or not first else "ink"}.get(cell.tone, cell.tone)
    return line, fill, first and (total or _bold(cell)), cell.tone == "guess"


def _bold(cell: Cell) -> bool:
    return cell.tone == "strong" or cell.tone in PATTERNS


@lru_cache(maxsize=512)  # both are asked again for each way in which slides could be filled
def columns_of(block: Table, room: float, size: float) -> tuple[float, ...]:
    """Widths of the columns of a table set at `size`; a small one does not spread over the slide."""
    scale = size / block.size
    needed = sum(max(width(line, size, bold=True) for cell in column for line in cell.text.split("\n")) + 30 for column in zip(block.head, *block.rows, strict=True))
    return tuple(one * scale for one in block.widths(min(room, needed * 1.3) / scale))


@lru_cache(maxsize=2048)
def row_height(cells: tuple[Cell, ...], wide: tuple[float, ...], size: float) -> float:
    """Height of a row whose columns are `wide`."""
    lines = (
        sum(max(1, len(wrap(line, (room - _PAD) * SPARE, size, bold=_bold(cell)))) for line in printable(cell.text).split("\n")) for cell, room in zip(cells, wide, strict=True)
    )
    return max(lines) * size * 1.25 + 0.6 * size + 1
