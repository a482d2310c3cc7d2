"""An executed notebook as a Word document: real styles, captions, tables with heads, pictures with words; on our styles or a client's own."""

import io
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import count, groupby, pairwise
from pathlib import Path
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from markupsafe import Markup

from advisorkit.charts.draw import scene
from advisorkit.charts.scene import HALF_WIDE, PAGE_WIDE, wrap
from advisorkit.charts.theme import LIGHT, SANS, SERIF
from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block, Worksheet
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import template
from advisorkit.export.formats import settled, small, unsigned
from advisorkit.export.pages import SHORT, Document, Page, document
from advisorkit.export.pdf import Wanted, drawing, rastered
from advisorkit.files.texts import speaking
from advisorkit.values.messages import RenderError, here

_FEW = 3
"""Lines of contents for which a page would be too much."""
_SAFE = {SANS: "Arial", SERIF: "Georgia"}
"""The face that every office program has, in place of a list of faces."""


def prime() -> None:
    """Read the template before a report does."""
    template("word.xml.j2")


def render(notebook: Any, *, brand: Brand | str | Path | None = None, **_: Any) -> bytes:
    """An executed notebook as a .docx file; `brand` is a brand or its file and wins over the notebook's own.

    Raises:
        RenderError: If the notebook is unfinished or an output has no renderer.
        EngagementError: If the brand file has faults.
    """
    found = document(notebook, "docx", brand)
    with speaking(found.cover.language):
        writer = _Writer(found)
    made = io.BytesIO()
    writer.file.save(made)
    return settled(made.getvalue())


class _Writer:
    """One document on its way: Word's own file with our parts in it."""

    def __init__(self, found: Document) -> None:
        self.found, self.cover, self.file = found, found.cover, base_of(b64decode(found.cover.brand.docx_base))
        self.xml: Any = template("word.xml.j2").module
        several = len(found.parts) > 1
        self.levels = {"part": 1, "title": 2, "sub": 3} if several else {"part": 0, "title": 1, "sub": 2}
        charts = [
            (item.chart, len(row) > 1) for page in found.pages for row in page.rows for column in row for item in column if isinstance(item, kinds.ChartBlock)
        ]  # fmt: skip
        logo = b64decode(self.cover.brand.logo.partition(",")[2])
        wanted: list[Wanted] = [(drawing(chart, half=half), scene(chart, "half" if half else None).width, 0) for chart, half in charts]
        wanted += [(logo, 0, 24 if self.cover.leaflet else 48)] if logo else []
        images = [self._image(content) for content in rastered(wanted, self.cover.brand)]
        self.logo, self.pictures = images.pop() if logo else None, iter(images)
        self.numbers, self.tables, self.figures = count(1), count(1), count(1)
        self.tall = cache(_tall)
        self.lists, self.entries, self.within = 1, list[dict[str, Any]](), False
        self._fill()
        self._properties()

    def _fill(self) -> None:
        cover, part = self.cover, self.file.part
        foot, foot_id = part.add_footer_part()
        self._into(foot.element, self.xml.Foot(f"{cover.brand.confidentiality}. {here('Prices and answers as of {date}', date=cover.date)}"))
        self._into(self.file.settings.element, self.xml.Settings())
        named = [(name, list(pages)) for name, pages in groupby(self.found.pages, key=lambda page: page.part)]
        begins, sections = _sheets([_NAME + sum(map(self._page_high, pages)) for _, pages in named]), list[tuple[list[str], list[tuple[float, Markup]]]]()
        for number, (name, pages) in enumerate(named):
            words = list(self._section(name, pages, "" if number in begins else "gap"))
            if number in begins:
                sections.append((self._heads(name), words))
            else:
                sections[-1][1].extend(words)
        told = [entry for entry in self.entries if entry["level"] < self.levels["sub"]] if self.found.entries > _FEW else []
        covered = 0 < len(told) <= SHORT
        if told and not covered:
            sections.insert(0, (self._heads(""), [(_SHEET, self.xml.Contents(told, here("Contents")))]))
        if cover.leaflet:
            sections[0][1].insert(0, (0, self.xml.Band(cover, self.logo, next(self.numbers))))
        ends = [self.xml.End(heads, foot_id) for heads, _ in sections[:-1]] + [""]
        front = [] if cover.leaflet else [self.xml.Front(cover, self.logo, next(self.numbers), told if covered else []), self.xml.End(full=True)]
        parts = [*front, *(one for (_, words), end in zip(sections, ends, strict=True) for one in (*_together(words), end))]
        self._into(self.file.element.body, self.xml.Body(parts, sections[-1][0], foot_id))
        faces = [_SAFE.get(face, face.partition(",")[0].strip(" \"'")) for face in (cover.brand.sans, cover.brand.serif)]
        styles, ours = self.file.styles.element, self.xml.Styles(LIGHT, faces, cover.language, self.levels, cover.leaflet, covered)
        if cover.brand.docx_base:
            styles[:] = joined(styles, parse_xml(str(ours)))
        else:
            self._into(styles, ours)
        self._into(part.numbering_part.element, self.xml.Numbering(LIGHT, self.lists))

    def _into(self, element: Any, xml: str) -> None:
        element[:] = list(parse_xml(str(xml)))

    def _heads(self, name: str) -> list[str]:
        """Running lines of a section; its first page has one of its own where the section's name stands below it as a heading."""
        told = f"{self.cover.client} · {here('Sample')}" if self.cover.sample else self.cover.client
        found, about = [], self.cover.running or self.cover.title
        for left in (name or about, *([""] if name and self.levels["part"] else ())):
            head, number = self.file.part.add_header_part()
            self._into(head.element, self.xml.Running(left, told))
            found.append(str(number))
        return found

    def _image(self, content: bytes) -> dict[str, Any]:
        """A picture of the file, with half its points as pixels, or fewer where it would not fit."""
        found, image = self.file.part.get_or_add_image(io.BytesIO(content))
        scale = min(0.5, PAGE_WIDE / image.px_width)
        return {"id": found, "wide": round(image.px_width * scale), "tall": round(image.px_height * scale)}

    def _section(self, name: str, pages: list[Page], opens: str) -> Iterator[tuple[float, Markup]]:
        """What stands on the pages, each with about its height."""
        self.within = bool(name)
        if name and self.levels["part"]:
            yield _NAME, self._heading(name, "part", opens=opens)
            opens = ""
        sheets = _sheets([*map(self._page_high, pages)])
        for number, page in enumerate(pages):
            opens = opens if not number else "page" if number in sheets else "gap"
            for row in page.rows:
                drawn = [[self._block(item, opens=opens if item is page.items[0] else "", half=len(row) > 1) for item in column] for column in row]
                if len(row) > 1:
                    yield self._high(row), self.xml.Halves(drawn)
                else:
                    yield from ((self.tall(item, PAGE_WIDE), xml) for item, xml in zip(row[0], drawn[0], strict=True))

    def _page_high(self, page: Page) -> float:
        return sum(map(self._high, page.rows))

    def _high(self, row: tuple[tuple[Block | str, ...], ...]) -> float:
        """About how high a row of a page is."""
        return max((sum(self.tall(item, PAGE_WIDE / len(row)) for item in column) for column in row), default=0)

    def _heading(self, text: str, role: str, *, opens: str = "") -> Any:
        level = self.levels[role]
        listed = level if self.within or role != "title" else self.levels["part"] or level  # what belongs to no part stands beside them
        self.entries.append({"number": next(self.numbers), "level": level, "listed": listed, "text": text})
        return self.xml.heading(self.entries[-1], opens)

    def _block(self, item: Block | str, *, opens: str = "", half: bool = False) -> Any:
        xml = self.xml
        match item:
            case kinds.Heading():
                return self._heading(item.text, "title" if item.level == 2 else "sub", opens=opens)
            case kinds.DecisionBlock():
                return self._heading(item.advice, "title", opens=opens) + xml.Decision(item, LIGHT)
            case kinds.Text():
                self.lists += item.style == "numbered"
                return xml.Text(item, self.lists)
            case kinds.KeyFigures():
                return xml.KeyFigures(item, LIGHT)
            case kinds.Table():
                return xml.Table(item, LIGHT, item.widths(HALF_WIDE if half else PAGE_WIDE), len(item.rows) > kinds.LONG, next(self.tables) if item.title or item.subtitle else 0)
            case kinds.LineItems():
                return self._block(item.table, half=half)
            case kinds.ChartBlock():
                return xml.Chart(item, next(self.pictures), next(self.numbers), next(self.figures))
            case kinds.Callout():
                return xml.Callout(item, LIGHT)
            case Worksheet():
                return xml.Text(kinds.Text((item.name,), "note"), 0)
        raise TypeError(f"no Word for {type(item).__name__}")

    def _properties(self) -> None:
        known, cover = self.file.core_properties, self.cover
        known.title, known.subject, known.author, known.language = (text[:255] for text in (cover.title, cover.subtitle, cover.brand.name, cover.language))
        known.created = known.modified = datetime.fromisoformat(cover.as_of or kinds.UNDATED)
        known.comments = known.last_modified_by = known.keywords = ""


def _sheets(talls: Sequence[float]) -> set[int]:
    """Numbers of the parts, so many pixels each, that begin a sheet: the others find room below the one before; a last one is not left nearly alone."""
    begins, filled = [0], 0.0
    for number, tall in enumerate(talls):
        if number and filled + tall > _SHEET:
            begins.append(number)
            filled = 0
        filled += tall
    if len(begins) > 1 and filled < _SHEET / 3 and begins[-1] - 1 > begins[-2] and talls[begins[-1] - 1] + filled <= _SHEET:
        begins[-1] -= 1
    return {*begins}


def _together(rows: Sequence[tuple[float, Markup]]) -> list[Markup]:
    """What stands in a section, each with its height; the last of it stays together, so that its last sheet is not nearly empty wherever a program ends the one before."""
    held, left = list[Markup](), _LEAST
    for tall, xml in reversed(rows):
        starts = [found.end() for found in re.finditer(r"<w:pStyle [^>]*/>(?!<w:keepNext/>)", xml)]
        loose = len(xml) * (1 - left / max(tall, 1))
        kept = [start for start, end in pairwise([*starts, len(xml)]) if start + 3 * end > 4 * loose]  # as soon as a quarter of it is
        held.append(_KEPT_ON.join(xml[start:end] for start, end in pairwise([0, *kept, len(xml)])))
        left = _LEAST if "<w:pageBreakBefore/>" in xml else left - tall
    return held[::-1]


def _tall(item: Block | str, wide: float) -> float:
    """About how high a block is in pixels, `wide` as it stands."""

    def lines(words: str, size: float, room: float = wide) -> int:
        return sum(len(wrap(part, room, size)) or 1 for part in words.split("\n"))

    match item:
        case kinds.Heading():
            return 34.0 * lines(item.text, 30) + 8 if item.level == 2 else 34
        case kinds.DecisionBlock():
            return 34.0 * lines(item.advice, 30) + 21 * lines(item.then, 18) + 40
        case kinds.Text():
            size, high = {"note": (12.5, 15.1), "lead": (15.5, 20.5)}.get(item.style, (14.25, 18.0))
            return sum(high * lines(words, size, wide - 20) + (3 if item.style in ("bullets", "numbered") else 7) for words in item.paragraphs)
        case kinds.KeyFigures(figures):
            return 50 + 17.0 * max(lines(one.words, 13.4, wide / len(figures) - 12) for one in figures)
        case kinds.Callout():
            return 18.0 * lines(f"{item.opening} {item.text}", 13.4, wide - 20) + 30
        case kinds.Table():
            rows, widths = (item.head, *item.rows), item.widths(wide)
            around = 10 + 28 * bool(item.title) + sum(22.0 * lines(words, 12.5) for words in (item.subtitle, item.note) if words)
            return around + sum(4 + 15.5 * max(lines(cell.text, 13.4, max(one - 8, 30)) for cell, one in zip(row, widths, strict=True)) for row in rows)
        case kinds.LineItems():
            return _tall(item.table, wide)
        case kinds.ChartBlock():
            return 45 + scene(item.chart, "half" if wide < PAGE_WIDE else None).height + sum(18.0 * lines(words, 14.25) + 7 for words in item.beside)
    return 120


_SHEET = 960
"""Pixels of a sheet that pages may fill together."""
_KEPT_ON = Markup("<w:keepNext/><w:keepLines/>")
"""Holds a paragraph, or its row of a table, in one piece and on the sheet of the next."""
_LEAST = 0.45 * _SHEET
"""Pixels of a last sheet that are filled where there are as many."""
_NAME = 32
"""Pixels of a part's name, and half of the gap above it, as the first on a sheet has none."""
WANTED = ("Normal", "heading 1", "heading 2", "heading 3", "caption")
"""Names of the styles that a base must have."""
_KEPT = frozenset({"styles", "numbering", "theme", "fontTable", "settings", "webSettings"})
"""Parts of a base that a document takes over."""
OURS = frozenset({"ListBullet", "ListNumber", "Title", "Subtitle", "Header", "Footer"})
"""Styles that stay ours: they count with our own lists, stand on the cover's colour, or part a line in two."""


def base_of(content: bytes) -> Any:
    """The Word file in `content`, or an empty one of ours where there is none.

    Raises:
        RenderError: If it lacks a style; other errors if it is broken.
    """
    if not content:
        return docx.Document()
    found = docx.Document(io.BytesIO(small(content)))
    names = {_name(one) for one in _styles(found.styles.element)}
    if missing := [name for name in WANTED if name.casefold() not in names]:
        raise RenderError(f"has no style {', '.join(missing)}")
    links = found.part.rels
    for name in [name for name, link in links.items() if link.reltype.rpartition("/")[2] not in _KEPT]:  # pictures, comments and notes of a letter that is gone
        del links[name]
    unsigned(found.part.package.rels)
    if not any(link.reltype == RELATIONSHIP_TYPE.NUMBERING for link in found.part.rels.values()):
        found.part.relate_to(docx.Document().part.numbering_part, RELATIONSHIP_TYPE.NUMBERING)
    return found


def joined(theirs: Any, ours: Any) -> list[Any]:
    """A base's own styles under the ids by which we call them, and those of ours that it has not."""
    called = {_name(one): one.get(qn("w:styleId")) for one in _styles(ours)}
    new = {one.get(qn("w:styleId")): called[_name(one)] for one in _styles(theirs) if _name(one) in called}
    for one in theirs.iter():
        for key in (qn("w:styleId"), qn("w:val")):
            if one.tag in {qn(f"w:{tag}") for tag in ("style", "basedOn", "next", "link")} and one.get(key) in new:
                one.set(key, new[one.get(key)])
    kept = [one for one in theirs if one.get(qn("w:styleId")) not in OURS]
    there = {one.get(qn("w:styleId")) for one in kept}
    return [*kept, *(one for one in _styles(ours) if one.get(qn("w:styleId")) not in there)]


def _styles(element: Any) -> list[Any]:
    return list(element.findall(qn("w:style")))


def _name(style: Any) -> str:
    return str(style.find(qn("w:name")).get(qn("w:val"))).casefold()
