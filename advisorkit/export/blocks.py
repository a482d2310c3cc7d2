"""The building blocks of a deliverable: what is said, free of any file format; of a workbook, sheets whose formulas stay alive."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import permutations
from typing import Any, Literal

from advisorkit.charts.kinds import Chart
from advisorkit.charts.scene import PAGE_WIDE, width
from advisorkit.export.brand import Brand
from advisorkit.values.messages import here
from advisorkit.values.places import told
from advisorkit.values.quantities import SYMBOLS, number

SheetCell = tuple[int, int, str, str, float | None, str]
"""Row and column from 0, formula (empty for none), text, number, and words of style; text or number is what a formula gives at present."""


@dataclass(frozen=True, slots=True)
class SheetChart:
    """A chart that the spreadsheet draws from cells."""

    kind: Literal["line", "bar"]
    """Lines over months, or bars."""
    title: str
    """What it says."""
    row: int
    """Row of its upper left corner."""
    column: int
    """Column of its upper left corner."""
    width: int
    """In pixels."""
    axis: str
    """Name of the axis of categories."""
    series: tuple[tuple[str, str, str, str], ...]
    """Name, tone, cells of the categories, cells of the values."""
    end: int = 0
    """Where the axis of categories ends; 0: beyond the last of them."""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One sheet."""

    name: str
    """As its tab says: at most 31 letters."""
    widths: tuple[float, ...]
    """Width of each column in characters."""
    cells: tuple[SheetCell, ...]
    """Cells that hold something or have a style."""
    names: tuple[tuple[str, int, int], ...] = ()
    """Name of a cell in formulas, its row and its column."""
    typed: tuple[tuple[int, int, str], ...] = ()
    """Cells that may be typed in: row, column, and ``share``, ``positive``, ``above`` (zero), ``real``, ``months`` or the cells of a list."""
    charts: tuple[SheetChart, ...] = ()
    """Charts."""
    frozen: int = 0
    """Rows that stay in sight."""
    printed: int = 0
    """Columns that are printed; 0: all."""


LONG, ENDLESS = 10, 3000
"""Rows above which a table may run over a page's end, and letters above which it may do so however few its rows are."""
UNDATED = "1970-01-01"
"""Day in the properties of files whose cover names none."""
WORD = 40
"""Letters of the longest word that is not broken; a longer one may take no room from the words beside it."""
FEW = 3
"""Rows above which columns give room to each other."""
_STEP = 8
"""Pixels that go from column to column at a time."""
WIDE, CLOSE = 9, 8
"""Columns above which a table is set small, and from which on they stand closer to each other."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Example:
        >>> Cell("RAG", "rag")
        Cell(text='RAG', tone='rag')
    """

    text: str
    """What it says."""
    tone: str = ""
    """Empty, a pattern id, ``strong``, ``muted``, ``guess``, ``stale``, or on screens ``quote``."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The first page and what holds for the whole document."""

    title: str
    """Title in a few words."""
    subtitle: str
    """What the document is about."""
    client: str
    """Client's name."""
    date: str
    """Day of the advice as printed."""
    sample: str
    """What the cover says of a sample, and that every page has to say so; empty for a real client."""
    brand: Brand
    """The sender's brand."""
    language: str = "en"
    """Language tag of the document."""
    leaflet: bool = False
    """Whether the title stands as a band on top of the first page, so that a short document prints on single sheets."""
    as_of: str = ""
    """The same day as year-month-day, for the properties of files; empty for none."""
    running: str = ""
    """What running lines say where no part has a name; empty for the title."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 2 starts a new page, level 3 stands within one."""

    text: str
    """The message of the page, or the name of what follows."""
    level: Literal[2, 3] = 3
    """2 or 3; 1 is the cover's."""
    part: str = ""
    """Level 2 only: what the page belongs to, such as a workflow's name."""
    column: Literal["", "left", "right"] = ""
    """Level 3 only: the half of the page in which it and what follows stand, up to the next heading; a format without halves goes on below."""


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs or a list."""

    paragraphs: tuple[str, ...]
    """One string a paragraph or list item."""
    style: Literal["body", "lead", "bullets", "numbered", "note"] = "body"
    """How it is set."""


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number that matters."""

    value: str
    """As printed."""
    words: str
    """What it is, with its range or its state."""


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """A few numbers side by side."""

    figures: tuple[KeyFigure, ...]
    """At most four."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text."""

    title: str
    """Name of the table; empty when the heading above says it."""
    head: tuple[Cell, ...]
    """Column heads."""
    rows: tuple[tuple[Cell, ...], ...]
    """Rows, as wide as the head."""
    numeric: tuple[bool, ...]
    """Whether a column holds numbers, set to the right."""
    subtitle: str = ""
    """Unit and what the columns mean."""
    note: str = ""
    """A line below it."""
    total: bool = False
    """Whether the last row is a total."""
    advised: int = 0
    """The row on tint, counted from 1; 0 for none."""

    @property
    def look(self) -> str:
        """Class words of a page: ``nN`` sets the N-th column right, ``long`` may run over a page's end."""
        return " ".join((*(f"n{n}" for n, right in enumerate(self.numeric, 1) if right), *(("long",) if len(self.rows) > LONG else ())))

    @property
    def size(self) -> float:
        """Height of its letters in pixels; of a wide one as much smaller as its figures take."""
        needed = sum(_widest(column, 1, WORD, unbroken=True) for column in zip(self.head, *self.rows, strict=True)) if len(self.head) > WIDE else 0
        usual = 12.5 if needed or len(self.rows) > LONG else 13.4
        return next((size for size in (usual, 11.0) if needed * size <= PAGE_WIDE - 8 * len(self.head)), 10.0)

    @property
    def whole(self) -> bool:
        """Whether it stands on one page: it has few rows and no endless text."""
        return len(self.rows) <= LONG and sum(len(cell.text) for row in self.rows for cell in row) < ENDLESS

    def widths(self, room: float) -> tuple[float, ...]:
        """Width of each column in pixels, the gap at its right included, when the table is `room` wide.

        Every column gets its longest word, numbers their whole line where all have room, and the rest is shared by what would still be broken;
        from some rows on so that the table gets short.

        Example:
            >>> table_of("", ["Part", "Right"], [["Spare parts of old pumps", "63%"]], right=(1,)).widths(200)
            (149.49, 50.51)
        """
        return _widths(self, room)


@lru_cache(maxsize=512)  # a slide asks again for each size that it tries
def _widths(table: Table, room: float) -> tuple[float, ...]:
    gap, cells = 8 if len(table.head) >= CLOSE else 14, list(zip(zip(table.head, *table.rows, strict=True), table.numeric, strict=True))
    for most, kept in ((WORD, True), (WORD // 2, True), (WORD // 2, False)):
        least = [gap + _widest(column, table.size, most, unbroken=right and kept) for column, right in cells]
        if sum(least) <= room:
            break
    whole = [max(little, gap + min(_widest(column, table.size), 0.6 * room)) for little, (column, _) in zip(least, cells, strict=True)]
    least[0] = max(least[0], min(whole[0], 110))
    ease = min(1, max(0, (room - sum(least)) / (sum(whole) - sum(least) or 1)))
    shares = [little + ease * (much - little) for little, much in zip(least, whole, strict=True)]
    found = [share * room / sum(shares) for share in shares]
    return tuple(round(wide, 2) for wide in (_shortest(table, found, least, gap) if len(table.rows) > FEW else found))


def _widest(column: tuple[Cell, ...], size: float, most: int = 0, *, unbroken: bool = False) -> float:
    """Width of the longest line of a column, or with `most` of its longest word, of which so many letters count; heads break even where lines stay whole."""
    head = [(word, bool(column[0].tone)) for word in column[0].text.split(" ")]
    lines = [(line, bool(cell.tone) and not nth) for cell in column[bool(most):] for nth, line in enumerate(cell.text.split("\n"))]
    pieces = lines if unbroken or not most else [(word, bold) for line, bold in lines for word in line.split(" ")]
    return max((width(text[:most] if most and not unbroken else text, size, bold=bold) for text, bold in (*(head if most else ()), *pieces)), default=0)


def _shortest(table: Table, wide: list[float], least: Sequence[float], gap: float) -> list[float]:
    """Widths of the columns once room went from column to column as long as that made the table shorter."""
    np = import_module("numpy")  # commands that show no table do without it
    cells = np.array([[width(cell.text, table.size) for cell in row] for row in (table.head, *table.rows)])

    def tall(ways: Sequence[Sequence[float]]) -> Any:
        lines = cells / (np.array(ways)[:, None] - gap)
        return np.where(lines > 1, lines + 0.5, 1).max(axis=2).sum(axis=1)

    (best,) = tall([wide])
    while True:
        tries = [[w - _STEP * (n == giver) + _STEP * (n == taker) for n, w in enumerate(wide)] for giver, taker in permutations(range(len(wide)), 2) if wide[giver] - _STEP >= least[giver] + 1]
        found = tall(tries or [wide])
        if min(found) >= best:
            return wide
        wide, best = tries[found.argmin()], min(found)


def table_of(
    title: str, head: Iterable[str | Cell], rows: Iterable[Iterable[str | Cell]], right: Container[int] = (), *, subtitle: str = "", note: str = "",
    total: bool = False,
) -> Table:
    """A table from words and cells; columns whose index is in `right` hold numbers.

    Example:
        >>> table_of("Cases", ["Part", "Right"], [["Spare parts", "63%"]], right=(1,)).numeric
        (False, True)
    """
    top, *lines = (tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in (head, *rows))
    return Table(title, top, tuple(lines), tuple(n in right for n in range(len(top))), subtitle, note, total)


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """A chart with its title, and paragraphs beside it where there is room."""

    chart: Chart
    """What it says."""
    beside: tuple[str, ...] = ()
    """Paragraphs to its right."""
    titled: bool = True
    """Whether title and subtitle are printed; False when the heading above says it."""

    @property
    def table(self) -> Table:
        """What it shows, as numbers in words."""
        return table_of(self.chart.title, map(here, self.chart.head), self.chart.rows(), subtitle=self.chart.subtitle)


@dataclass(frozen=True, slots=True)
class Callout:
    """Something the reader must not miss."""

    title: str
    """In a few words."""
    text: str
    """In a sentence or two."""
    tone: Literal["note", "warning", "error"] = "note"
    """How pressing it is."""

    @property
    def opening(self) -> str:
        """The title as it stands before the text: with a colon where no stop ends it and the text goes on in its line."""
        return self.title if not self.text or self.text.startswith("\n") or self.title.endswith((".", ":", "!", "?")) else f"{self.title}:"


@dataclass(frozen=True, slots=True)
class DecisionBlock:
    """The advice in one sentence and how sure it is; it starts a new page as a heading of level 2 does."""

    advice: str
    """One sentence or two."""
    part: str
    """What the page belongs to, such as a workflow's name."""
    clear: bool
    """Whether one pattern stands out."""
    state: str
    """How clear it is, in words."""
    override: str = ""
    """A person's decision beside the advice; empty when there is none."""
    then: str = ""
    """The sentences after `advice`, for a line below it."""

    @property
    def said(self) -> str:
        """All that was decided, in sentences.

        Example:
            >>> DecisionBlock("Build retrieval next", "Claims", True, "Clear.", then="It will probably be enough.").said
            'Build retrieval next. It will probably be enough.'
        """
        return f"{self.advice}. {self.then}".rstrip()


@dataclass(frozen=True, slots=True)
class Money:
    """One row of a bill."""

    label: str
    """What is paid for."""
    amounts: tuple[float | None, ...]
    """One amount a column, in the bill's currency; None when not known."""


@dataclass(frozen=True, slots=True)
class LineItems:
    """Bills side by side: rows that add up to the printed total."""

    title: str
    """Name of the table."""
    currency: str
    """ISO code."""
    columns: tuple[Cell, ...]
    """One column a bill."""
    items: tuple[Money, ...]
    """Rows, in order."""
    note: str = ""
    """A line below it."""

    @property
    def unit(self) -> int:
        """1000 when a total reaches 10,000, else 1: the unit in which rows are printed."""
        sums = [sum(abs(item.amounts[n] or 0) for item in self.items) for n in range(len(self.columns))]
        return 1000 if max(sums, default=0) >= 10_000 else 1

    @property
    def subtitle(self) -> str:
        """The unit in words, such as ``€ thousand``."""
        return here("{unit} thousand" if self.unit == 1000 else "{unit}").format(unit=SYMBOLS.get(self.currency, self.currency).strip())

    def printed(self) -> tuple[tuple[str, ...], ...]:
        """Rows as printed, and the total of what is printed.

        Example:
            >>> LineItems("Bill", "EUR", (Cell("RAG"),), (Money("Build", (21_600,)), Money("Run", (5_700,)))).printed()
            (('Build', '22'), ('Run', '6'), ('Total', '28'))
        """
        whole = [[None if a is None else round(a / self.unit) for a in item.amounts] for item in self.items]
        rows = ((item.label, *(told(_whole(amount), exact) for amount, exact in zip(row, item.amounts, strict=True))) for item, row in zip(self.items, whole, strict=True))
        return (*rows, (here("Total"), *(_total([row[n] for row in whole]) for n in range(len(self.columns)))))

    @property
    def table(self) -> Table:
        """The bill as a table of words."""
        return table_of(self.title, (self.subtitle, *self.columns), self.printed(), range(1, len(self.columns) + 1), note=self.note, total=True)


def _total(amounts: list[int | None]) -> str:
    """The sum of what is printed; what is not known makes it a lower bound."""
    known = [amount for amount in amounts if amount is not None]
    return number(sum(known)) if len(known) == len(amounts) else here("at least {amount}", amount=number(sum(known)))


def _whole(value: int | None) -> str:
    return here("not known") if value is None else number(value)


@dataclass(frozen=True, slots=True)
class Done:
    """The last block: without it a document is unfinished."""


Block = Cover | Heading | Text | KeyFigures | Table | ChartBlock | Callout | DecisionBlock | LineItems | Worksheet | Done
"""Any building block."""
