"""An executed notebook as a workbook: its sheets with live formulas, or its words and tables. Text is never a formula."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain, count
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet as Page

from advisorkit.charts.scene import width, wrap
from advisorkit.charts.theme import LIGHT, MARKS
from advisorkit.export.blocks import Block, Cell, ChartBlock, Cover, Heading, LineItems, SheetCell, SheetChart, Table, Worksheet
from advisorkit.export.brand import Brand
from advisorkit.export.pages import document
from advisorkit.export.terminal import lines as words_of
from advisorkit.files.texts import speaking
from advisorkit.files.workbooks import letters
from advisorkit.values.messages import RenderError, here

LONGEST_TEXT, LONGEST_NAME = 32_767, 31
_HEIGHTS = {"title": 30, "head": 30, "wrap": 15}
"""Heights of rows in points, at least."""
_TALLEST = 400
"""Most points of a row; Excel takes 409."""
_NARROW = 95
"""Most letters across a page that stands upright."""
_MARGIN = 2
"""Letters of a column that only keeps its distance from the edge."""
_WIDE = 240
"""Most letters across a page that lies, and across a screen; what is wider takes further pages, beside the first column on each."""
_DEEP = 70
"""Most rows down a page of such a sheet, so that its last few do not stand alone on further pages."""
_FOOTER = 200
"""Most letters of what the workbook is about at the foot of a page; Excel takes 255 with the rest."""
_UPRIGHT = 110
"""Most of them on a page that stands upright, beside the sheet's name and the page's number."""
_DASHES = {"prompt": "dash", "finetune": "dash_dot", "hybrid": "round_dot"}
_EDGE = {"top": 1, "top_color": LIGHT["text3"]}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"font_name": "Georgia", "font_size": 18}, "sub": {"font_color": LIGHT["text3"]}, "head": {"font_color": LIGHT["text2"], "bottom": 2, "text_wrap": True, "valign": "bottom"},
    "section": {"bold": True}, "strong": {"bold": True}, "muted": {"font_color": LIGHT["text3"]}, "guess": {"font_color": LIGHT["guess"]},
    "mono": {"font_name": "Courier New", "font_size": 9, "font_color": LIGHT["text3"]}, "typed": {"bg_color": LIGHT["tint"], "border": 1, "border_color": LIGHT["hairline"], "locked": False},
    "right": {"align": "right"}, "sum": _EDGE | {"bold": True}, "row": {"bottom": 1, "bottom_color": LIGHT["hairline"]}, "wrap": {"text_wrap": True, "valign": "top"},
    "percent": {"num_format": '0.0%;"−"0.0%;0.0%'}, "mark": {"num_format": '"●";;', "align": "center"}, "indent": {"indent": 1, "align": "left"}, "middle": {"valign": "vcenter"},
    "figures": {"num_format": "[>=100]#,##0;[>=1]#,##0.00;0.00####"},
    "nought": {"num_format": '"0";"0";"0"'}, "thousand_least": {"num_format": '"≥ "#,##0,'}, "whole_least": {"num_format": '"≥ "#,##0'},
    **{word: {"num_format": f'{digits};"−"{digits};{zero}'} for word, digits, zero in (
        ("thousand", "#,##0,", "0"), ("whole", "#,##0", "0"), ("cents", "#,##0.00", '"–"'), ("two", "#,##0.00", '"–"'), ("four", "0.0000", '"–"'), ("month", "#,##0", '"–"'),
    )},
    **{pattern: {"bold": True, "font_color": LIGHT[pattern]} for pattern in MARKS if pattern},
}  # fmt: skip
"""What each word of a cell's style means."""
_STYLES |= {f"figures{n}": {"num_format": f"[>=100]#,##0;[>=1]#,##0.00;0.00{'#' * (n - 2)}"} for n in range(3, 7)}
_STYLES |= {f"signed{n}": {"num_format": '{0};"−"{0};0'.format("#,##0.00" + "#" * (n - 2) if n else "#,##0")} for n in (0, *range(2, 7))}
_RULES: dict[str, dict[str, Any]] = {
    "share": {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1}, "positive": {"validate": "decimal", "criteria": ">=", "value": 0},
    "above": {"validate": "decimal", "criteria": ">", "value": 0}, "real": {"validate": "decimal", "criteria": ">", "value": -1},
    "months": {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": 60},
}  # fmt: skip


def render(notebook: Any, *, brand: Brand | str | Path | None = None, **_: Any) -> bytes:
    """An executed notebook as an XLSX file: the sheets that it shows, else one of its words and one for every table, bill and chart.

    Raises:
        RenderError: If the notebook is unfinished, an output has no renderer, or it holds nothing.
        EngagementError: If the brand file has faults.
    """
    found = document(notebook, "xlsx", brand)
    shown = [item for page in found.pages for item in page.items if not isinstance(item, str)]
    with speaking(found.cover.language):
        if not shown:
            raise RenderError("nothing is shown here, so there is no workbook to make")
        sheets = [item for item in shown if isinstance(item, Worksheet)] or list(_plain(found.cover, shown))
        figures = list(_figures(sheets))
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": found.cover.title, "subject": found.cover.subtitle, "author": found.cover.brand.name, "created": datetime.fromisoformat(found.cover.as_of or "2026-01-01")})
        book.set_calc_mode("auto")
        formats: dict[str, Any] = {}
        pages = [(sheet, book.add_worksheet(sheet.name, _Page)) for sheet in (*sheets, *figures)]
        for sheet, page in pages:
            _write(book, page, sheet, formats)
            page.set_footer(f"&L&8&A · {_foot(found.cover.subtitle[:_FOOTER if sum(sheet.widths) > _NARROW else _UPRIGHT])}&R&8&P/&N")
            if sheet in figures:  # thousands of rows that nobody reads on paper
                page.print_area(0, 0, 1, len(sheet.widths) - 1)
    return stream.getvalue()


class _Page(Page):  # type: ignore[misc]
    """A sheet whose formulas hold no function younger than Excel 2007, so that none of twenty thousand is searched for thirty of them."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002 - as the library calls it
        return formula.removeprefix("=")


def _fitting(text: str, most: int) -> str:
    """The beginning of a text in `most` units of Excel, which counts some letters twice.

    Example:
        >>> _fitting("😀😀", 3)
        '😀'
    """
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")


def _foot(about: str) -> str:
    """Words at the foot of a page, where ``&`` begins an order and ``&G`` asks for a picture."""
    told = re.sub(r"&(?=G|\[)", "&\u2060", about).replace("&", "&&")
    return told if told == _fitting(told, _FOOTER) else _foot(about[:-1])


def _write(book: Any, page: Any, sheet: Worksheet, formats: dict[str, Any]) -> None:
    page.hide_gridlines(2)
    wide = sum(sheet.widths[: sheet.printed or None])
    if wide > _NARROW:
        page.set_landscape()
    page.set_paper(9)
    page.set_margins(0.4, 0.4, 0.5, 0.6)
    across, last = ceil(wide / _WIDE) or 1, max((row for row, *_ in sheet.cells), default=0)
    page.fit_to_pages(across, ceil((1 + last) / _DEEP) if across > 1 else 0)
    if sheet.printed:
        page.print_area(0, 0, last, sheet.printed - 1)
    labels = 1 + next(column for column, letters_wide in enumerate(sheet.widths) if letters_wide > _MARGIN) if across > 1 else 0
    for column, letters_wide in enumerate(sheet.widths):
        page.set_column(column, column, letters_wide, _format(book, formats, ""))
    for row, place, formula, text, number, style in sheet.cells:
        look, column = _format(book, formats, _exact(style, number)), max(place, labels) if row < sheet.frozen - 1 else place  # words cut off in a column that every page repeats
        if formula:
            page.write_formula(row, column, formula, look, text if number is None else number)
        elif number is not None:
            page.write_number(row, column, number, look)
        elif text:
            page.write_string(row, column, _fitting(_headed(text, sheet.widths[column]) if "head" in style.split() else text, LONGEST_TEXT), look)
        else:
            page.write_blank(row, column, None, look)
    for row, high in _heights(sheet).items():
        page.set_row(row, high)
    for name, row, column in sheet.names:
        book.define_name(name, f"='{sheet.name}'!${letters(column + 1)}${row + 1}")
    for row, column, kind in sheet.typed:
        page.data_validation(row, column, row, column, _RULES.get(kind) or {"validate": "list", "source": f"={kind}"})
    for chart in sheet.charts:
        page.insert_chart(chart.row, chart.column, _chart(book, chart), {"object_position": 2, "description": chart.title})
    if sheet.frozen:
        page.freeze_panes(sheet.frozen, labels)
        page.repeat_rows(0, sheet.frozen - 1)
    if labels:
        page.repeat_columns(0, labels - 1)


def _exact(style: str, number: float | None) -> str:
    """The style of a figure in three places that count, six behind the point at most, with a minus and no hyphen where it is, or may become, less than 0.

    Example:
        >>> _exact("figures row", 0.059898), _exact("signed", -0.4632), _exact("figures", 2_500.0)
        ('figures4 row', 'signed3', 'figures')
    """
    if "figures" not in style and "signed" not in style:  # seventy thousand cells a workbook
        return style
    kinds = {"figures", "signed"} & {*style.split()}
    size, signed = abs(number or 0.0), "signed" in kinds or (number or 0.0) < 0
    places = 0 if size >= 100 else 2 if size >= 1 or not size else min(6, 2 - floor(log10(size)))
    kind = f"signed{places}" if signed else f"figures{places}" if places > 2 else "figures"
    return " ".join(kind if word in kinds else word for word in style.split())


def _headed(text: str, letters_wide: float) -> str:
    """A head in lines that keep a letter's distance from the next head, its words whole."""
    room = max((letters_wide - 1) * 7 * 0.96, *(width(word, 13.4) for word in text.split()), 0.0)
    return "\n".join(line for part in text.split("\n") for line in wrap(part, room, 13.4))


def _heights(sheet: Worksheet) -> dict[int, float]:
    """Heights of rows in points, so that what wraps is seen whole: few programs find them by themselves as they open a file."""
    found = dict[int, float]()
    tall = {style: _HEIGHTS.keys() & style.split() for style in {cell[5] for cell in sheet.cells}}
    for row, column, _, text, _, style in sheet.cells:
        for kind in tall[style]:
            shown = _headed(text, sheet.widths[column]) if kind == "head" else text
            lines = 1 if kind == "title" else sum(len(wrap(part, sheet.widths[column] * 7 * 0.96, 13.4)) or 1 for part in shown.split("\n"))
            found[row] = max(found.get(row, 0), _HEIGHTS[kind], min(13.5 * lines, _TALLEST))
    return found


def _format(book: Any, formats: dict[str, Any], style: str) -> Any:
    if style not in formats:
        found: dict[str, Any] = {"font_name": "Arial", "font_size": 10, "font_color": LIGHT["ink"], "valign": "vcenter"}
        for word in style.split():
            found |= _STYLES[word]
        formats[style] = book.add_format(found)
    return formats[style]


def _chart(book: Any, chart: SheetChart) -> Any:
    lines, font = chart.kind == "line", {"name": "Arial", "size": 9, "color": LIGHT["text2"]}
    made = book.add_chart({"type": "scatter", "subtype": "straight"} if lines else {"type": chart.kind})
    for name, tone, categories, values in chart.series:
        colour = LIGHT.get(tone, LIGHT["evidence_for"])
        look = {"line": {"color": colour, "width": 2.25, "dash_type": _DASHES.get(tone, "solid")}} if lines else {"fill": {"color": colour}, "data_labels": {"value": True, "font": font}, "gap": 40}
        made.add_series({"name": name, "categories": f"={categories}", "values": f"={values}", **look})
    made.set_title({"name": chart.title, "name_font": {"name": "Arial", "size": 11, "color": LIGHT["ink"]}, "overlay": False})
    grid = {"major_gridlines": {"visible": True, "line": {"color": LIGHT["hairline"]}}, "num_format": _STYLES["thousand"]["num_format"], "num_font": font}
    months = {"name": chart.axis, "name_font": font, "num_font": font, "label_position": "low", "min": 0, "max": chart.end or None, "major_unit": 6, "major_gridlines": {"visible": False}}
    made.set_x_axis(months if lines else {"visible": False, "major_gridlines": {"visible": False}})
    made.set_y_axis(grid if lines else {"reverse": True, "num_font": font, "label_position": "low", "major_gridlines": {"visible": False}})
    made.set_legend({"position": "bottom", "font": font} if lines else {"none": True})
    made.set_size({"width": chart.width, "height": 300})
    return made


def _plain(cover: Cover, items: list[Block]) -> Iterator[Worksheet]:
    """A sheet of the cover's and all other words, which say where the others are, then one for each table, bill and chart, called as it is or as the heading above it."""
    used, above, whose = set[str](), "", ""
    whole = cover.title if len(cover.title) <= LONGEST_NAME else ""
    first, sheets, words = _free(whole, used, here("In words")), list[Worksheet](), [*words_of(cover)]
    for item in items:
        if isinstance(item, Heading):
            above, whose = item.text, item.part or item.text if item.level == 2 else whose
        if isinstance(item, Table | LineItems | ChartBlock):
            table = item if isinstance(item, Table) else item.table
            table = table if table.title else replace(table, title=above)
            name = _free(table.title, used, here(item.chart.kind) if isinstance(item, ChartBlock) else here("Table"))
            sheets.append(_table(name, whose, table, item if isinstance(item, LineItems) else None))
            words.append((here("On sheet {name}").format(name=name), "muted"))
        words += words_of(item)
        if isinstance(item, Heading) and item.part not in ("", item.text):
            words.append((item.part, "muted"))
    yield Worksheet(first, (110,), tuple(_text(row, 0, text, f"wrap {tone}".strip()) for row, (text, tone) in enumerate(words)))
    yield from sheets


def _table(name: str, whose: str, table: Table, bill: LineItems | None) -> Worksheet:
    """A table on a sheet, below what the page it is from is about."""
    about = "; ".join(filter(None, (whose if whose != table.title else "", table.subtitle)))
    rows = chain.from_iterable(_row(number, row, table.numeric, bill) for number, row in enumerate(table.rows, 3))
    widths = tuple(min(60.0, 2.0 + max(len(line) for cell in column for line in cell.text.split("\n"))) for column in zip(table.head, *table.rows, strict=True))
    head = (_text(2, column, cell.text, f"head{_side(table.numeric, column)}") for column, cell in enumerate(table.head))
    notes = (_text(row, 0, text, style) for row, text, style in ((0, table.title, "title"), (1, about, "sub"), (len(table.rows) + 4, table.note, "sub")) if text)
    return Worksheet(name, widths, (*notes, *head, *rows), frozen=3)


def _side(numeric: tuple[bool, ...], column: int) -> str:
    """Style of a column: figures to the right, and words after figures at a distance from them."""
    return " right" if numeric[column] else " indent" if column and numeric[column - 1] else ""


def _row(number: int, row: tuple[Cell, ...], numeric: tuple[bool, ...], bill: LineItems | None) -> Iterator[SheetCell]:
    amounts = bill.items[number - 3].amounts if bill and number - 3 < len(bill.items) else ()
    for column, cell in enumerate(row):
        amount = amounts[column - 1] if column and amounts else None
        yield (number, column, "", "", amount, "cents row") if amount is not None else _text(number, column, cell.text, f"row wrap{_side(numeric, column)}")


def _text(row: int, column: int, text: str, style: str) -> SheetCell:
    return row, column, "", text, None, style


def _figures(sheets: list[Worksheet]) -> Iterator[Worksheet]:
    """A last sheet of every figure that was reported: in which cell it stands, what it is, and where it lies in the JSON documents."""
    found = list[tuple[SheetCell, SheetCell, SheetCell, SheetCell]]()
    for sheet in sheets:
        labels, heads = dict[int, str](), dict[int, str]()
        for row, column, formula, text, number, style in sheet.cells:
            for figure, path in getattr(text, "figures", ()) or ((number, getattr(number, "path", "")),):
                if path:
                    called = " · ".join(filter(None, (labels.get(row), heads.get(column))))
                    look = " ".join(word.replace("thousand", "whole") for word in style.split() if "num_format" in _STYLES[word])
                    line, place = len(found) + 3, f"{sheet.name}!{letters(column + 1)}{row + 1}"
                    shown = (figure, None) if isinstance(figure, str) else ("", figure)
                    found.append((_text(line, 0, place, "row"), _text(line, 1, called, "row"), (line, 2, "", *shown, f"{look} row right"), _text(line, 3, path, "mono indent row")))
            if "head" in style.split():
                heads[column] = text.replace("\n", " ")
            elif text and not formula and (style == "strong" or row not in labels):
                labels[row] = text.partition("\n")[0]
    if found:
        name = _free("", {sheet.name.lower() for sheet in sheets}, here("Figures"))
        words = (here("Cell"), here("What it is"), here("As reported"), here("Place in the JSON documents"))
        lead = here("To look up where a figure stands and in which JSON document it lies; only these lines are printed.")
        top = (_text(0, 0, name, "title"), _text(1, 0, lead, "sub"), *(_text(2, column, word, "head" + " right" * (column == 2) + " indent" * (column == 3)) for column, word in enumerate(words)))
        yield Worksheet(name, (max(22, *(2 + len(cell[3]) for cell, *_ in found)), 60, 16, 60), (*top, *chain.from_iterable(found)), frozen=3)


def _free(title: str, used: set[str], kind: str) -> str:
    r"""A legal name for a sheet that no other has, whole: the title, of a longer one what stands before a mark in it, else the `kind` of sheet.

    Example:
        >>> _free("Costs: [a]/b", set(), "Table"), _free("", {"table"}, "Table"), _free("No assumption alone turns the result", set(), "Tornado chart")
        ('Costs a b', 'Table 2', 'Tornado chart')
        >>> _free("Told, measured, and what the difference is worth", {"told, measured"}, "Table")
        'Told, measured 2'
    """
    parts = (title[: match.start()] for marks in (r"[;:](?=\s)|\s[(–]", r",\s") for match in reversed([*re.finditer(marks, title)]))
    bases = [base for part in (title, *parts) if (base := _legal(part))] + [kind]
    numbered = (next(base + number for base in bases if _fitting(base, LONGEST_NAME - len(number)) == base) for number in chain([""], (f" {n}" for n in count(2))))
    name = next(name for name in numbered if name.lower() not in used | {"history"})
    used.add(name.lower())
    return name


def _legal(title: str) -> str:
    return " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).split()).strip("', ")
