"""A questionnaire that a client fills in alone: an XLSX file out, answers back in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.files.disk import write_bytes
from advisorkit.files.texts import Texts
from advisorkit.values.criteria import TOPICS, Catalog, Criterion
from advisorkit.values.errors import UsageError

COLUMNS = ("code", "topic", "question", "help", "who", "answer", "up_to", "sure", "said_by", "note")
"""Columns of the sheet, by key of ``intake.yaml``."""

_WIDTHS = (16, 15, 46, 46, 14, 30, 14, 12, 18, 36)
_FILLED_IN = ("answer", "up_to", "sure", "said_by", "note")
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
_LOOK = {"font_name": "Arial", "font_size": 10, "font_color": "#14202B", "text_wrap": True, "valign": "top"}


TEXTS = Texts("intake")


def asked(catalog: Catalog, *, core: bool = False) -> tuple[Criterion, ...]:
    """The questions of a questionnaire, in workshop order: all that can be asked, or the `core` alone.

    Example:
        >>> any(row.derived for row in asked(load_catalog()))
        False
    """
    rows = [row for row in catalog.criteria.values() if not row.derived and (row.core or not core)]
    return tuple(sorted(rows, key=lambda row: TOPICS.index(row.topic)))


def new_questionnaire(path: str | Path, catalog: Catalog | None = None, *, core: bool = False) -> None:
    """Write an empty questionnaire: one line a question, lists with the client's own words, room for remarks.

    Args:
        path: The XLSX file to make; one that is there is replaced.
        catalog: Another catalogue than the shipped one.
        core: Only the shortest useful assessment.

    Raises:
        UsageError: If the file cannot be written.
    """
    words = catalog or load_catalog()
    stream = io.BytesIO()
    book = import_module("xlsxwriter").Workbook(stream, _PLAIN)
    book.set_properties({"title": "Questionnaire", "created": datetime(2026, 1, 1)})  # noqa: DTZ001  same bytes each time
    _guide(book)
    _questions(book, asked(words, core=core), words)
    book.close()
    try:
        write_bytes(path, stream.getvalue())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def _guide(book: Any) -> None:
    sheet, text = book.add_worksheet(TEXTS.all["guide"]), TEXTS.all
    sheet.set_column(0, 0, 100)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, text["guide"], book.add_format(_LOOK | {"bold": True, "font_size": 16}))
    line = book.add_format(_LOOK | {"font_size": 12})
    for i in range(1, 7):
        sheet.write_string(i + 1, 0, text[f"guide.{i}"], line)


def _questions(book: Any, rows: Sequence[Criterion], catalog: Catalog) -> None:
    sheet, lists = book.add_worksheet(TEXTS.all["sheet"]), book.add_worksheet("Lists")
    lists.hide()
    head = book.add_format(_LOOK | {"bold": True, "bottom": 1})
    for i, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(i, i, width)
        sheet.write_string(0, i, TEXTS.all[name], head)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})
    text, room = book.add_format(_LOOK), book.add_format(_LOOK | {"locked": False, "bg_color": "#F2F5F8", "border": 1, "border_color": "#D5DADF"})
    for line, row in enumerate(rows, 1):
        said = (row.id, catalog.topics.get(row.topic, row.topic), row.question, row.help, TEXTS.all.get(f"who.{row.who}", row.who))
        for column, word in enumerate(said):
            sheet.write_string(line, column, word, text)
        for name in _FILLED_IN:
            sheet.write_blank(line, COLUMNS.index(name), None, room)
        _choices(sheet, lists, line, row)


def _choices(sheet: Any, lists: Any, line: int, row: Criterion) -> None:
    sure = COLUMNS.index("sure")
    sheet.data_validation(line, sure, line, sure, {"validate": "list", "source": [TEXTS.all["know"], TEXTS.all["guess"]]})
    answer, up_to = COLUMNS.index("answer"), COLUMNS.index("up_to")
    if row.words:
        labels = [*(level.label for level in row.levels), TEXTS.all["unknown"]]
        for column, label in enumerate(labels):
            lists.write_string(line, column, label)
        source = f"=Lists!$A${line + 1}:${chr(ord('A') + len(labels) - 1)}${line + 1}"
        kind = "information" if row.unit else "stop"
        sheet.data_validation(line, answer, line, answer, {"validate": "list", "source": source, "error_type": kind})
    if row.unit:
        first = up_to if row.words else answer
        sheet.data_validation(line, first, line, up_to, _number(row))


def _number(row: Criterion) -> dict[str, Any]:
    return {
        "validate": "decimal", "criteria": "between", "minimum": row.minimum, "maximum": min(row.maximum, 1e15),
        "input_message": TEXTS.all["number"].format(unit=row.unit)[:255], "ignore_blank": True,
    }
