"""An executed notebook as a PDF file for archives (PDF/A-2a) that can be read aloud (PDF/UA-1), and pictures for Word.

Both are set by typst, out of data that it never reads as markup. It leaves threads behind, so it is loaded when it is first
used: in a report's own process, never in a primed one.
"""

import json
import re
from base64 import b64decode
from collections.abc import Collection, Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any
from unicodedata import category

from advisorkit.charts.draw import scene
from advisorkit.charts.kinds import Chart
from advisorkit.charts.scene import HALF_WIDE, PAGE_WIDE
from advisorkit.charts.svg import svg
from advisorkit.charts.theme import LIGHT, SANS, SERIF
from advisorkit.export.blocks import UNDATED, Block, Callout, ChartBlock, LineItems, Table, Text, Worksheet
from advisorkit.export.brand import Brand
from advisorkit.export.pages import SHORT, Document, document
from advisorkit.files.texts import speaking
from advisorkit.values.messages import RenderError, here

FACES = ("Arimo", "DejaVu Sans")
"""Sans faces that come with packages: as wide as the Helvetica that charts are laid out for, and one with more letters and signs."""
ADVICE = ("Libertinus Serif", *FACES)
"""Serif faces; the first is part of typst."""
LAST = "Last Resort High-Efficiency"
"""A face that has a sign for the script of every letter: better than no document."""
_DRAWN = ("svg", "content")
_HELD = {"fontpkg_arimo": "files", "matplotlib": "mpl-data/fonts/ttf"}


def typeset(source: str, data: Any, brand: Brand, **options: Any) -> Any:
    """What typst makes of the source file of that name; `data` is its ``sys.inputs.data``, as JSON.

    Fonts are those of packages, so the bytes are the same on every machine. Where a brand has faces of its own or a letter
    is in none of ours, the machine's fonts are used too, and where they lack it as well, a sign for its script.

    Raises:
        RenderError: If typst refuses the document, such as for a picture without words.
    """
    typst = import_module("typst")
    text = (Path(__file__).parent / "template" / "advisorkit" / source).read_bytes()
    fonts, (sans, serif) = _folders(), _own(brand)
    for system, last in ((bool(sans or serif), ()), (True, ()), (True, (LAST,))):
        look = {"sans": (*sans, *FACES, *last), "serif": (*serif, *ADVICE, *last), "fallback": system}
        try:
            shown = _bared(data, _letters(fonts)) if last else data
            return typst.compile(text, sys_inputs={"data": json.dumps({**shown, **look})}, font_paths=fonts, ignore_system_fonts=not system, **options)
        except typst.TypstError as error:
            if last or not re.search("could not be displayed|missing codepoints", str(error)):
                raise RenderError(f"typst refuses the document: {error}") from None
    raise AssertionError


def lacking_faces(brand: Brand) -> tuple[str, ...]:
    """Lists of the brand's own faces of which none is on this machine, so that a PDF file takes ours instead."""
    here = {name.casefold() for name in import_module("typst").Fonts(include_system_fonts=True, font_paths=_folders()).families()}
    return tuple(", ".join(faces) for faces in dict.fromkeys(_own(brand)) if faces and not here & {face.casefold() for face in faces})


def _folders() -> list[str]:
    """Where packages hold our faces."""
    return [str(Path(spec.origin).parent / folder) for package, folder in _HELD.items() if (spec := find_spec(package)) and spec.origin]


def _own(brand: Brand) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The brand's own sans and serif faces; none where they are ours."""
    return _names(brand.sans, SANS), _names(brand.serif, SERIF)


def _letters(fonts: Sequence[str]) -> Collection[int]:
    """Code points that our sans faces have."""
    reader = import_module("fontTools.ttLib").TTFont
    files = (file for folder in fonts for face in FACES for file in Path(folder).glob(f"{face.replace(' ', '')}*.ttf"))
    found = set[int]()
    for file in files:
        with reader(file, lazy=True) as font:
            found.update(font.getBestCmap())
    return found


def _bared(data: Any, letters: Collection[int]) -> Any:
    """`data` with a mark in its drawings for what is in none of our faces: letters in a drawing have no last resort."""
    if isinstance(data, dict):
        return {key: _marked(value, letters) if key in _DRAWN and isinstance(value, str) else _bared(value, letters) for key, value in data.items()}
    return [_bared(one, letters) for one in data] if isinstance(data, list | tuple) else data


def _marked(drawing: str, letters: Collection[int]) -> str:
    return "".join(c if ord(c) in letters or c == "\n" else "\ufffd" for c in drawing if category(c) != "Cf")


def _names(faces: str, ours: str) -> tuple[str, ...]:
    return () if faces == ours else tuple(face.strip(" \"'") for face in faces.split(","))


Wanted = tuple[str | bytes, float, float]
"""A picture, as SVG text or the bytes of an SVG, PNG or JPEG file, and the width and height in pixels at which it is wanted; 0 follows from the other."""


def rastered(pictures: Sequence[Wanted], brand: Brand) -> list[bytes]:
    """`pictures` as PNG, twice as fine as a screen.

    Raises:
        RenderError: If one cannot be read.
    """
    if not pictures:
        return []
    data = [{"content": content if isinstance(content, str) else [*content], "wide": wide, "tall": tall} for content, wide, tall in pictures]
    made = typeset("pictures.typ", {"pictures": data}, brand, format="png", ppi=192)
    return [made] if isinstance(made, bytes) else list(made)


def drawing(chart: Chart, *, half: bool = False) -> str:
    """The SVG of a chart, for the whole width of a page or for `half` of it, in our own face."""
    drawn = svg(chart, wide="half" if half else None).replace(SANS, FACES[0])
    drawn = re.sub(r'<g([^>]*?)( stroke="[^"]*" stroke-width="4" paint-order="stroke")>(.*?)</g>', r"<g\1\2>\3</g><g\1>\3</g>", drawn)  # typst strokes letter by letter, over the one before
    return re.sub(r'<text x="(\d+)" (y="\d+")>✓ ', _ticked, drawn)


def _ticked(found: re.Match[str]) -> str:
    """A tick as a text of its own: with it in a line, typst would set the whole line in a face that has both."""
    return f'<text x="{found[1]}" {found[2]} font-family="{FACES[1]}">✓</text><text x="{int(found[1]) + 16}" {found[2]}>'


def render(notebook: Any, *, brand: Brand | str | Path | None = None, **_: Any) -> bytes:
    """An executed notebook as PDF; `brand` is a brand or its file and wins over the notebook's own.

    Raises:
        RenderError: If the notebook is unfinished, or an output has no renderer or a chart no words.
        EngagementError: If the brand file has faults.
    """
    found = document(notebook, "pdf", brand)
    with speaking(found.cover.language):
        return bytes(typeset("report.typ", told(found), found.cover.brand, pdf_standards=["a-2a", "ua-1"]))


def told(found: Document) -> dict[str, Any]:
    """A document as data for ``report.typ``."""
    cover, logo = asdict(found.cover), found.cover.brand.logo
    cover["brand"]["logo"] = [*b64decode(logo.partition(",")[2])] if logo else None
    parts = [{"name": name, "pages": [[*map(_row, page.rows)] for page in pages]} for name, pages in groupby(found.pages, key=attrgetter("part"))]
    day = [int(part) for part in (found.cover.as_of or UNDATED).split("-")]
    return {
        "cover": cover, "parts": parts, "day": day, "colours": LIGHT,
        "contents": "" if not found.entries else "cover" if found.entries <= SHORT else "page",
        "words": {"contents": here("Contents"), "sample": here("Sample"), "as_of": here("Prices and answers as of {date}", date=found.cover.date)}
    }


def _row(columns: tuple[tuple[Block | str, ...], ...]) -> list[list[dict[str, Any]]]:
    return [[_data(item, half=len(columns) > 1) for item in column] for column in columns]


def _data(block: Block | str, *, half: bool = False) -> dict[str, Any]:
    match block:
        case ChartBlock():
            told = block.chart if block.titled else None
            return {
                "kind": "ChartBlock", "title": told.title if told else "", "subtitle": block.chart.subtitle, "beside": block.beside,
                "alt": block.chart.alt, "svg": drawing(block.chart, half=half), "width": min(scene(block.chart, "half" if half else None).width, HALF_WIDE if half else PAGE_WIDE),
            }
        case LineItems():
            return _data(block.table, half=half)
        case Table():
            return {"kind": "Table", **asdict(block), "widths": block.widths(HALF_WIDE if half else PAGE_WIDE), "size": block.size, "whole": block.whole}
        case Callout():
            return {"kind": "Callout", **asdict(block), "opening": block.opening}
        case Worksheet():
            return _data(Text((block.name,), "note"))
        case str():
            raise TypeError("Markdown is blocks by now")
    return {"kind": type(block).__name__, **asdict(block)}
