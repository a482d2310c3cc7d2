"""An executed notebook as pages of blocks; whatever cannot be shown stops the export."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Literal

import nh3
from bs4 import BeautifulSoup, Tag
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from advisorkit.export.blocks import Block, Cover, DecisionBlock, Done, Heading, Text
from advisorkit.export.brand import Brand, read_brand
from advisorkit.export.bundles import ONLY, printable, read
from advisorkit.values.messages import RenderError

HIDDEN = "remove-cell"
"""Tag of cells that speak to the consultant, not to the client."""
SHORT = 10
"""Lines of contents that have room on a cover."""
_LISTS: dict[str, Literal["bullets", "numbered"]] = {"ul": "bullets", "ol": "numbered"}
_TAGS = {"p", "ul", "ol", "li", "strong", "em", "blockquote", "br", "h3"}


@dataclass(frozen=True, slots=True)
class Page:
    """What stands between one page title and the next."""

    part: str
    """What the page belongs to, such as a workflow's name; empty for the whole document."""
    items: tuple[Block | str, ...]
    """Blocks, and cleaned HTML of Markdown cells."""

    @property
    def rows(self) -> Iterator[tuple[tuple[Block | str, ...], ...]]:
        """Its items from top to bottom: what has the whole width, and pairs of halves side by side."""
        column, told = "", list[tuple[str, Block | str]]()
        for item in self.items:
            column = item.column if isinstance(item, Heading) else column
            told.append((column, item))
        for halves, found in groupby(told, lambda pair: bool(pair[0])):
            run = list(found)
            yield tuple(tuple(item for side, item in run if side == one) for one in (("left", "right") if halves else ("",)))


@dataclass(frozen=True, slots=True)
class Document:
    """A cover and its pages."""

    cover: Cover
    """The first page."""
    pages: tuple[Page, ...]
    """In order; the first may have no heading."""

    @property
    def parts(self) -> dict[str, int]:
        """The number of each part's first page, by the part's name, in order."""
        first: dict[str, int] = {}
        for number, page in enumerate(self.pages, 1):
            first.setdefault(page.part, number)
        return {part: number for part, number in first.items() if part}

    @property
    def entries(self) -> int:
        """How many lines its contents have: parts and pages; none for a leaflet and where there are two pages at most."""
        return 0 if self.cover.leaflet or len(self.pages) < 3 else len(self.pages) + (len(self.parts) if len(self.parts) > 1 else 0)


def document(notebook: Any, format: str = "html", brand: Brand | str | Path | None = None) -> Document:
    """The document that an executed notebook holds for `format`: what was shown for it alone, or else what is for all.

    `brand` is a brand or its file and wins over the notebook's own. Outside HTML, Markdown cells are blocks as well.

    Raises:
        RenderError: If the notebook is unfinished or an output has no renderer.
        EngagementError: If the brand file has faults.
    """
    shown = list(_items(notebook, format))
    own = any(only for _, only in shown)
    items = [item for item, only in shown if only or isinstance(item, Cover | Done) or not own]
    if not items or not isinstance(items[-1], Done):
        raise RenderError("the notebook did not come to its end: its last output is not done()")
    covers = [item for item in items if isinstance(item, Cover)]
    if len(covers) != 1:
        raise RenderError(f"a document needs one cover; this notebook has {len(covers)}")
    chosen = read_brand(brand) if isinstance(brand, str | Path) else brand or covers[0].brand
    shown_here = [one for item in items if not isinstance(item, Cover | Done) for one in (_blocks(item) if isinstance(item, str) and format != "html" else (item,))]
    return Document(replace(covers[0], brand=chosen), tuple(_pages(shown_here)))


def _blocks(markup: str) -> Iterator[Block]:
    """The paragraphs, headings and lists of a Markdown cell's cleaned HTML."""
    for part in BeautifulSoup(markup, "html.parser").children:
        if isinstance(part, Tag) and part.name in _LISTS:
            yield Text(tuple(one.get_text(" ", strip=True) for one in part.find_all("li")), _LISTS[part.name])
        elif words := " ".join(part.get_text().split()):
            yield Heading(words) if isinstance(part, Tag) and part.name == "h3" else Text((words,))


def _items(notebook: Any, format: str) -> Iterator[tuple[Block | str, str]]:
    """What is shown in `format`, each with the one format that it is for."""
    for number, cell in enumerate(notebook["cells"], 1):
        if HIDDEN in cell["metadata"].get("tags", []):
            continue
        if cell["cell_type"] == "markdown" and cell["source"].strip():
            words = MarkdownWithMath(renderer=IPythonRenderer(escape=False, exclude_anchor_links=True)).render(printable(cell["source"]))
            yield nh3.clean(words, tags=_TAGS, attributes={}), ""
        for output in cell.get("outputs", []):
            only = output.get("metadata", {}).get(ONLY, "")
            if (output["output_type"], output.get("name")) != ("stream", "stderr") and only in {"", format}:
                yield _block(output, number), only


def _block(output: Any, number: int) -> Block:
    if output["output_type"] == "error":
        raise RenderError(f"cell {number} failed: {output['ename']}: {output['evalue']}")
    if output["output_type"] == "stream":
        raise RenderError(f"cell {number} prints text, which a report cannot show; use show(Text(…))")
    try:
        block = read(output["data"])
    except RenderError as error:
        raise RenderError(f"cell {number}: {error}") from None
    if block is None:
        kinds = ", ".join(sorted(output["data"])) or "nothing"
        raise RenderError(f"cell {number} has an output that no renderer knows ({kinds}); use show(…) with a block, for a figure show(figure, alt=…)")
    return block


def _pages(items: list[Block | str]) -> Iterator[Page]:
    starts = [n for n, item in enumerate(items) if isinstance(item, DecisionBlock) or (isinstance(item, Heading) and item.level == 2)]
    edges = sorted({0, *starts, len(items)})
    for start, end in pairwise(edges):
        first = items[start]
        yield Page(first.part if isinstance(first, Heading | DecisionBlock) else "", tuple(items[start:end]))
