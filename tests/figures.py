"""Figures of a page's blocks, the values of the JSON documents that they print, and what in a sentence is no figure of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache, lru_cache
from itertools import product
from math import ceil, floor
from string import Formatter
from typing import Any

from advisorkit.advice.decision import about
from advisorkit.charts.kinds import _signed
from advisorkit.export.blocks import ChartBlock, LineItems, Table
from advisorkit.files.texts import Texts
from advisorkit.report.cost_pages import whole
from advisorkit.report.printed import count, project, weeks
from advisorkit.values.quantities import hundredths, money, money_short, number, percent, plain, round_figures, sampled

PRINTED = re.compile(r"(?:[€$£] ?)?(?<![\w.:-])\d[\d,]*(?:\.\d+)?(?:bn|[km]\b)?%?(?: in \d+)?(?![\w-])")
DATE = re.compile(r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d{4})?|\b(?:19|20)\d\d(?:/\d\d)?\b")
QUOTED = {
    "Where a request goes", "What law may ask", "What you told us: data, rights and outside text", "Questions to you", "Who does what by when", "What we were told",
    "What others did, without a vote in the advice", "Sources", "How the advice is worked out", "What the figures rest on", "What would change the advice",
    "What it is not, and why", "What was weighed", "What it must do, whoever sells it", "When to look again",
}
"""Headings below which stand the client's own words, names of sources, duties of law and rules of the house; of what the figures rest on the table is worked out."""
NUMBERS = re.compile(r"\(\d[\d–, ]*\)|^\d[\d–, ]*(?=: )|^\d+(?:[–,] ?\d+)+$|(?<=; )\d[\d–, ]*(?=: )|for 1000 \w+")
"""Numbers of workflows in a table or a sentence that holds for several, and units."""


def texts(block: Any) -> Iterator[tuple[str, str]]:
    """Each text of a block with the name of its field."""
    if isinstance(block, ChartBlock):
        shown = (block.chart.title if block.titled else "", block.chart.subtitle, *block.beside)
        yield from (("chart", text) for text in (*shown, *(cell for row in block.chart.rows() for cell in row)))
        return
    table = replace(block.table, rows=block.table.rows[:-1]) if isinstance(block, LineItems) else block  # a last row of sums of what stands above it
    if isinstance(table, Table) and table.head[-1].text == "For":
        table = replace(table, rows=tuple(row[:-1] for row in table.rows))
    for field in fields(table) if is_dataclass(table) else ():
        if field.name not in {"tone", "style", "part", "column", "brand"}:
            yield from ((field.name, text) for text in _words(getattr(table, field.name)))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _words(one)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name != "tone":
                yield from _words(getattr(value, field.name))


def merged(*documents: Mapping[str, Any]) -> dict[str, Any]:
    """One document out of several of one engagement."""
    made = dict[str, Any]()
    for name in dict.fromkeys(key for one in documents for key in one):
        held = [one[name] for one in documents if name in one]
        if all(isinstance(one, Mapping) for one in held):
            made[name] = merged(*held)
        elif name == "workflows":
            made[name] = [merged(*rows) for rows in zip(*held, strict=True)]
        else:
            made[name] = held[0]
    return made


def value_at(document: Any, path: str) -> Any:
    """What lies at a path such as ``workflows[0].money.rag.gain.p10``."""
    for name, place in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        document = document[int(place)] if place else document[name]
    return document


@lru_cache(4096, typed=True)
def prints(value: Any, currency: str) -> set[str]:
    """Every way in which the house prints `value`, without a sign."""
    ways = [
        *(lambda v, write=write: write(v, currency) for write in (money, money_short, project)),
        *(lambda v, write=write: write(v) for write in (percent, sampled, number, plain, weeks, whole, _signed)),
        lambda v: whole(v, 1000), lambda v: plain(v * 100), lambda v: number(v * 100), lambda v: f"{v:g}%",
        *(lambda v, to=to: sampled(to(v * 100) / 100) for to in (floor, ceil)), *(lambda v, to=to: _signed(to(v * 10) / 10) for to in (floor, ceil)), lambda v: number(round_figures(v)),
        lambda v: f"{round_figures(v * 100):g}%", lambda v: f"{round_figures(v, 3):g}",
        lambda v: money_short(v, "").strip(), lambda v: hundredths(100 * v, 1), about, lambda v: about(v).removeprefix("about "), lambda v: percent(1 - v),
        lambda v: "over 95%" if v > 0.95 else "under 5%" if v < 0.05 else "", lambda v: count(abs(int(v))),
    ]  # fmt: skip
    return {way(one).lstrip("−+") for one, way in product({value, abs(value)}, ways)}


@cache
def _sentences() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """The report's sentences that hold figures of their own, such as ``80% range``, as patterns of what is printed."""
    found = []
    for sentence in (part for told in Texts("report").all.values() for part in (told, *told.split(" | "))):
        parts = list(Formatter().parse(sentence))
        own = tuple(figure for words, *_ in parts for figure in PRINTED.findall(words))
        if own:
            found.append((re.compile("".join(re.escape(words) + (".*?" if name else "") for words, name, *_ in parts), re.DOTALL), own))
    return tuple(found)


def uncited(text: str) -> list[str]:
    """Figures in a text without a path, left out dates, numbers of workflows and what the house's own sentences say."""
    left = NUMBERS.sub("", DATE.sub("", str(text)))
    for pattern, own in _sentences():
        if pattern.search(str(text)):
            for figure in own:
                left = re.sub(rf"(?<!\d){re.escape(figure)}(?!\d)", "", left, count=1)
    for words, _ in getattr(text, "figures", ()):
        left = re.sub(rf"(?<![\d.,]){re.escape(words)}(?![\d%]|[.,]\d)", "", left, count=1)
    return PRINTED.findall(left)
