"""The PowerPoint master that slides stand on, ours or a client's own, and the finished file as the same bytes everywhere."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER as KIND
from pptx.enum.text import MSO_ANCHOR

from advisorkit.charts.theme import LIGHT
from advisorkit.export.brand import Brand
from advisorkit.values.errors import RenderError

MAX_UNPACKED = 60_000_000
"""Largest master, in bytes of its unpacked parts."""
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
    kinds = [(layout, {p.placeholder_format.type for p in layout.placeholders} - _BESIDE) for layout in deck.slide_layouts]
    covers = [layout for layout, found in kinds if KIND.SUBTITLE in found and found & _TITLES]
    plain = [layout for layout, found in kinds if found == {KIND.TITLE}]
    if missing := [name for name, found in (("a title and a subtitle", covers), ("a title alone", plain)) if not found]:
        raise RenderError(f"has no layout with {' and none with '.join(missing)}")
    made = Master(deck, deck.slide_height / TALL, covers[0], plain[0], not content)
    if made.body.height < 300 or made.body.width < 500:
        raise RenderError(f"leaves too little room below the title of its layout '{plain[0].name}'")
    return made


def small(content: bytes) -> bytes:
    """`content`, unless it unpacks to more than any master or base should."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
            raise RenderError(f"unpacks to more than {MAX_UNPACKED // 1_000_000} MB")
    return content


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

