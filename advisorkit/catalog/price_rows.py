"""Reading the price book: dated rows in CSV, picked for one day."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from advisorkit.catalog.reading import DATA, refuse
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, Items, Node, Scalar
from advisorkit.files.typed import Form, Known, plain_number, whole
from advisorkit.values.errors import CatalogError, Fault
from advisorkit.values.prices import Model, Price, PriceBook, Tier

COLUMNS = ("id", "unit", "low", "likely", "high", "currency", "since", "checked", "evidence", "tiers", "source", "note")
"""Columns of a price file; a later `since` supersedes an earlier row and never replaces it."""
MODEL_COLUMNS = ("id", "reference", "kind", "window_tokens", "cache_minutes", "reasons", "retires", "training", "note")
RATE = "rate:"
OWN = "ADVISORKIT_PRICES"
FILES = ("package.csv", "reviewed.csv")


def load(as_of: date, own: Path | None = None) -> PriceBook:
    """The price book as it stood on `as_of`: the latest row of each id that had begun by then.

    Args:
        as_of: Day of the advice.
        own: A price file with the same columns whose rows come after the package's, such as one written by a refresh; by
            default the one that the environment variable ADVISORKIT_PRICES names, if it does.

    Example:
        >>> load(date(2026, 11, 20)).price("openai:gpt-5-mini/input").amount.likely
        0.25
    """
    named = os.environ.get(OWN)
    own = Path(named) if own is None and named else own
    return _shipped(as_of) if own is None else _book(as_of, (*history(), *_own(own)))


@lru_cache(maxsize=8)
def _shipped(as_of: date) -> PriceBook:
    return _book(as_of, history())


def _book(as_of: date, rows: Iterable[Price]) -> PriceBook:
    current: dict[str, Price] = {}
    announced: dict[str, Price] = {}
    for row in sorted(rows, key=lambda row: row.since):
        if row.since <= as_of:
            current[row.id] = row
        else:
            announced.setdefault(row.id, row)
    rates = {key.removeprefix(RATE): row.amount.likely for key, row in current.items() if key.startswith(RATE)}
    prices = {key: row for key, row in current.items() if not key.startswith(RATE)}
    sold = {key: model for key, model in models().items() if f"{key}/input" in prices}
    return PriceBook(as_of, prices, sold, rates, announced=announced)


@lru_cache(maxsize=1)
def history() -> tuple[Price, ...]:
    """Every row that the package holds, superseded ones included."""
    return tuple(row for file in FILES for row in _prices(data_text(f"prices/{file}"), f"prices/{file}"))


def _own(path: Path) -> list[Price]:
    try:
        return _prices(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeError) as error:
        raise CatalogError(f"{path.name}: cannot be read: {error}") from error


def _prices(text: str, name: str) -> list[Price]:
    return _rows(text, name, COLUMNS, Price, {"tiers": Form(_tiers, stand_in=())}, {"amount": ("low", "likely", "high")})


@cache
def models() -> Mapping[str, Model]:
    """Every model that can be named in an engagement, by id."""
    truth = Form(lambda spot: spot.word(("yes", "no"), "choice") == "yes")
    return {row.id: row for row in table("prices/models.csv", MODEL_COLUMNS, Model, {"yes or no": truth}, {})}


def data_text(name: str) -> str:
    """Text of a data file of the package."""
    return DATA.joinpath(*name.split("/")).read_text(encoding="utf-8")


def row_cells(price: Price) -> dict[str, str]:
    """A row as the cells of a price file.

    Example:
        >>> row = load(date(2026, 11, 20)).price("openai:gpt-5.4/input")
        >>> row_cells(row)["likely"], row_cells(row)["tiers"]
        ('2.5', '>272000:5')
    """
    ends = {"low": price.amount.low, "likely": price.amount.likely, "high": price.amount.high}
    if price.amount.fixed:
        ends = {"likely": price.amount.likely}
    return dict.fromkeys(COLUMNS, "") | {name: _written(end) for name, end in ends.items()} | {
        "id": price.id, "unit": price.unit, "currency": price.currency, "checked": price.checked.isoformat(),
        "since": "" if price.since == date.min else price.since.isoformat(), "evidence": price.evidence, "note": price.note,
        "tiers": " ".join(f">{tier.above}:{_written(tier.amount)}" for tier in price.tiers), "source": price.source,
    }


def _written(amount: float) -> str:
    return repr(plain_number(amount))


def prices_table(book: PriceBook, on: date, ids: Iterable[str] | None = None) -> list[dict[str, object]]:
    """Rows for ``advisorkit prices``: id, unit, low, likely, high, currency, as_of, age_days, state, evidence, source.

    Example:
        >>> rows = prices_table(load(date(2026, 11, 20)), date(2026, 11, 20), ["openai:gpt-5-mini/input"])
        >>> rows[0]["likely"], rows[0]["state"]
        (0.25, 'fresh')
    """
    return [_shown(book.price(key), book, on) for key in (sorted(book.prices) if ids is None else ids)]


def _shown(row: Price, book: PriceBook, on: date) -> dict[str, object]:
    age = book.age(row.id, on)
    return {
        "id": row.id, "unit": row.unit, "low": row.amount.low, "likely": row.amount.likely, "high": row.amount.high,
        "currency": row.currency, "as_of": age.as_of.isoformat(), "age_days": age.age_days, "state": age.state,
        "evidence": row.evidence, "source": row.source, "next": _next(book.announced.get(row.id)),
        "tiers": [{"above": tier.above, "amount": tier.amount} for tier in row.tiers], "note": row.note,
    }


def _next(row: Price | None) -> dict[str, object] | None:
    return None if row is None else {"from": row.since.isoformat(), "likely": row.amount.likely}


def table(name: str, columns: tuple[str, ...], row: type, known: Known, ranges: Mapping[str, tuple[str, ...]]) -> list[Any]:
    """Rows of a CSV data file of the package, each read as `row`; `ranges` names the columns of a low, a likely and a high end.

    Raises:
        CatalogError: If the file is wrong; names every fault with its line.
    """
    return _rows(data_text(name), name, columns, row, known, ranges)


def _rows(text: str, name: str, columns: tuple[str, ...], row: type, known: Known, ranges: Mapping[str, tuple[str, ...]]) -> list[Any]:
    reader = csv.reader(io.StringIO(text, newline=""))
    if tuple(next(reader, ())) != columns:
        raise CatalogError(f"{name}: the columns must be {', '.join(columns)}")
    faults: list[Fault] = []
    shape, made = whole(row, known, beside={"note": {}}, spare=("currency", "since")), []
    for line, cells in enumerate(filter(None, reader), start=2):
        if len(cells) != len(columns):
            faults.append(Fault(name, f"line {line}", "the number of cells does not fit the columns"))
        else:
            made.append(shape.read(Spot(_tree(dict(zip(columns, cells, strict=True)), ranges, line), "", name, faults)))
    refuse(faults)
    return made


def _tree(cells: dict[str, str], ranges: Mapping[str, tuple[str, ...]], line: int) -> Fields:
    members: dict[str, Node] = {}
    for name, ends in ranges.items():
        numbers = [Scalar(cell, line) for end in ends if (cell := cells.pop(end))]
        if numbers:
            members[name] = numbers[0] if len(numbers) == 1 else Items(tuple(numbers), line)
    members |= {name: Scalar(cell, line) for name, cell in cells.items() if cell}
    return Fields(tuple((Scalar(name, line), node) for name, node in members.items()), line)


def _tiers(spot: Spot) -> tuple[Tier, ...] | None:
    parts = [part.removeprefix(">").partition(":") for part in (spot.text() or "").split(" ") if part]
    try:
        return tuple(Tier(int(above), float(amount)) for above, _, amount in parts)
    except ValueError:
        spot.fault(f"{spot.seen} are not tiers such as >272000:5")
        return None
