"""An executed notebook as slides: native charts and tables that can be edited, and words that fit their boxes."""

import io
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.oxml.ns import qn

from advisorkit.charts.scene import width, wrap
from advisorkit.export.blocks import Cover
from advisorkit.export.brand import Brand
from advisorkit.export.formats import settled
from advisorkit.export.pages import document
from advisorkit.export.pptx_flow import MOST, Slide, slides_of
from advisorkit.export.pptx_shapes import SERIF, SPARE, Canvas, Frame, master_of, name_of, plain, tall
from advisorkit.files.texts import speaking
from advisorkit.values.messages import here, printable

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
    return " ".join(found) if len(found) <= lines else " ".join(found[:lines]).rstrip(" .,;") + "…"


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
            hold = etree.SubElement(shape._element.xpath(".//p:nvPr")[0], qn("p:ph"))  # noqa: SLF001 - only content placeholders have an interface
            hold.set("type", kind)
            hold.set("sz", "quarter")
            hold.set("idx", str(found.placeholder_format.idx))
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
