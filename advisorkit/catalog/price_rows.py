"""Reading the price book: dated rows in CSV, picked for one day."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast, get_args

from advisorkit.values.errors import CatalogError
from advisorkit.values.prices import Model, ModelKind, Price, PriceBook, Tier
from advisorkit.values.quantities import Estimate

COLUMNS = ("id", "unit", "low", "likely", "high", "currency", "since", "checked", "evidence", "tiers", "source", "note")
"""Columns of a price file; a later `since` supersedes an earlier row and never replaces it."""
MODEL_COLUMNS = ("id", "reference", "kind", "window_tokens", "cache_minutes", "reasons", "retires", "training", "note")
RATE = "rate:"
OWN = "ADVISORKIT_PRICES"
FILES = ("package.csv", "reviewed.csv")

Evidence = Literal["seen", "recalled", "judged", "negotiated"]


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
    return PriceBook(as_of, prices, _models(prices), rates, announced=announced)


@lru_cache(maxsize=1)
def history() -> tuple[Price, ...]:
    """Every row that the package holds, superseded ones included."""
    named = ((file, _read(data_text(f"prices/{file}"), COLUMNS, f"prices/{file}")) for file in FILES)
    return tuple(_price(cells, where) for _, rows in named for cells, where in rows)


def _own(path: Path) -> Iterator[Price]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise CatalogError(f"{path.name}: cannot be read: {error}") from error
    return (_price(cells, where) for cells, where in _read(text, COLUMNS, path.name))


def model_rows() -> Iterator[Mapping[str, str]]:
    """Rows of ``models.csv`` as text."""
    return (cells for cells, _ in _read(data_text("prices/models.csv"), MODEL_COLUMNS, "prices/models.csv"))


def data_text(name: str) -> str:
    """Text of a data file of the package."""
    return (files("advisorkit") / "data" / name).read_text(encoding="utf-8")


def _price(cells: Mapping[str, str], where: str) -> Price:
    try:
        amounts = [float(cells[name]) for name in ("low", "likely", "high") if cells[name]]
        amount = Estimate.of(amounts if len(amounts) > 1 else amounts[0])
        price = Price(
            cells["id"], cells["unit"], amount, cells["currency"], _day(cells["since"]) or date.min,
            date.fromisoformat(cells["checked"]), cells["source"], cast("Evidence", cells["evidence"]),
            tuple(_tiers(cells["tiers"])), cells["note"],
        )
    except (ValueError, IndexError) as error:
        raise CatalogError(f"{where}: {cells['id'] or 'row without id'}: {error}") from error
    if amount.low < 0 or price.evidence not in get_args(Evidence):
        raise CatalogError(f"{where}: {price.id}: a price is at least 0 and its evidence one of {', '.join(get_args(Evidence))}")
    return price


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
    return repr(int(amount)) if amount == int(amount) else repr(amount)


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


def _read(text: str, columns: tuple[str, ...], name: str) -> Iterator[tuple[dict[str, str], str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) != columns:
        raise CatalogError(f"{name}: the columns must be {', '.join(columns)}")
    for line, cells in enumerate(reader, start=2):
        if None in cells or None in cells.values():
            raise CatalogError(f"{name}, line {line}: the number of cells does not fit the columns")
        yield cells, f"{name}, line {line}"


def _models(prices: Mapping[str, Price]) -> dict[str, Model]:
    return {row["id"]: _model(row) for row in model_rows() if f"{row['id']}/input" in prices}


def _model(row: Mapping[str, str]) -> Model:
    return Model(
        row["id"], row["reference"], cast("ModelKind", row["kind"]),
        int(row["window_tokens"]) if row["window_tokens"] else None,
        float(row["cache_minutes"]) if row["cache_minutes"] else None,
        row["reasons"] == "yes", _day(row["retires"]), row["training"],
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _tiers(text: str) -> Iterator[Tier]:
    for part in filter(None, text.split(" ")):
        above, _, amount = part.removeprefix(">").partition(":")
        yield Tier(int(above), float(amount))
