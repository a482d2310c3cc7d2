"""Sheets that a client fills in: guide, locked words, tinted room; the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from advisorkit.files.disk import write_bytes
from advisorkit.files.tables import read_table
from advisorkit.files.texts import Texts, languages, speaking
from advisorkit.values.errors import EngagementError, UsageError

_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
_LOOK = {"font_name": "Arial", "font_size": 10, "font_color": "#14202B", "text_wrap": True, "valign": "top"}
_ROOM = {"locked": False, "bg_color": "#F2F5F8", "border": 1, "border_color": "#D5DADF"}

TEXTS = Texts("intake")
Line = tuple[Sequence[str | float | None], str]
"""What stands in a line before its room, and the number format of its amounts; empty for the usual one."""


def form(path: str | Path, part: str, columns: Mapping[str, float], room: Collection[str], lines: Sequence[Line], fit: Callable[[Any, Any], None] | None = None) -> None:
    """Write a workbook with a guide and a sheet in which the columns `room` may be filled in.

    Args:
        path: The XLSX file to make; one that is there is replaced.
        part: How the keys of its texts begin, such as ``actuals.``.
        columns: Width in characters by key of a column's head.
        room: Columns that are filled in; they stand last.
        lines: What stands in the others.
        fit: Told of the book and the sheet, adds what may be chosen.

    Raises:
        UsageError: If the file cannot be written.
    """
    stream, text = io.BytesIO(), TEXTS.all
    with import_module("xlsxwriter").Workbook(stream, _PLAIN) as book:
        book.set_properties({"title": text[f"{part}title"], "created": datetime(2026, 1, 1)})  # noqa: DTZ001  same bytes each time
        _guide(book, part)
        sheet = book.add_worksheet(text[f"{part}sheet"])
        head = book.add_format(_LOOK | {"bold": True, "bottom": 1})
        for i, (name, width) in enumerate(columns.items()):
            sheet.set_column(i, i, width)
            sheet.write_string(0, i, text[part + name], head)
        _on_paper(sheet)
        looks = {shown: [book.add_format(_LOOK | more | ({"num_format": shown} if shown else {})) for more in ({}, _ROOM)] for _, shown in lines}
        for n, (said, shown) in enumerate(lines, 1):
            for column, word in enumerate(said):
                (sheet.write_string if isinstance(word, str) else sheet.write_number if word is not None else sheet.write_blank)(n, column, word, looks[shown][0])
            for name in room:
                sheet.write_blank(n, list(columns).index(name), None, looks[shown][1])
        if fit:
            fit(book, sheet)
    try:
        write_bytes(path, stream.getvalue())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def _on_paper(sheet: Any) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})


def _guide(book: Any, part: str) -> None:
    sheet, text = book.add_worksheet(TEXTS.all[f"{part}guide"]), TEXTS.all
    sheet.set_column(0, 0, 100)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, text[f"{part}guide"], book.add_format(_LOOK | {"bold": True, "font_size": 16}))
    line = book.add_format(_LOOK | {"font_size": 12})
    for i, words in enumerate((text[key] for key in text if key.startswith(f"{part}guide.")), 2):
        sheet.write_string(i, 0, words, line)


def language_of(path: str | Path, part: str, heads: Collection[str]) -> str:
    """The language of a sheet that came back: that in which most of its `heads` stand, English where none does."""

    def found(language: str) -> int:
        with speaking(language):
            words = {TEXTS.all[part + name].casefold() for name in heads}
            try:
                return len(words & {head.casefold() for head in read_table(path, TEXTS.all[f"{part}sheet"], lambda head: head.casefold() in words).columns})
            except EngagementError:
                return 0

    return max(languages(), key=found)
