"""Looking prices up in the package `genai-prices`: to fill the book, and to show what has changed since.

The package is imported only here and only when asked: pricing a bill never touches it. It is asked at noon UTC with
dated references, because some prices depend on the hour and some aliases move.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from advisorkit.catalog.price_rows import COLUMNS, history, models, row_cells
from advisorkit.files.disk import write_bytes
from advisorkit.values.errors import PriceError
from advisorkit.values.prices import Price, PriceBook, Tier
from advisorkit.values.quantities import Estimate

PARTS = {"input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read",
         "cache_write_mtok": "cache_write", "cache_write_1h_mtok": "cache_write_1h"}
UNIT = "1M tokens"
PACKAGE = "genai-prices"


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One price that differs between the book and the package."""

    id: str
    """Price-book id."""
    before: Price | None
    """The book's row; None when it is new."""
    after: Price | None
    """The package's row; None when the package no longer has it."""
    kept: bool
    """True when the book's row is the client's or was reviewed by hand: it stays, whatever the package says."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a look at the package found; nothing is written."""

    package: str
    """Package and version."""
    on: date
    """Day for which it was asked, at noon UTC."""
    data_date: date
    """How fresh the package is: for the version that the book knows the day it was checked, else its newest price by then."""
    unchanged: int
    """Rows that agree."""
    rechecked: tuple[Price, ...]
    """Those of them whose check is older than `data_date`, checked again."""
    changes: tuple[PriceChange, ...]
    """Rows that differ, by id."""

    @property
    def rows(self) -> tuple[Price, ...]:
        """Rows to append to a price file if the user says yes: dated, and never in place of a row that is kept."""
        new = tuple(replace(change.after, since=self.on) for change in self.changes if change.after and not change.kept)
        return (*self.rechecked, *new)


def refresh(book: PriceBook, on: date) -> Refresh:
    """Compare `book` with the installed `genai-prices` as of noon UTC on the day `on`; negotiated prices are kept.

    Raises:
        PriceError: If a model of the book cannot be found in the package.
    """
    found = {row.id: row for row in package_prices(on)}
    own = {key: row for key, row in book.prices.items() if _from_package(row) or key in found}
    same = {key for key in own.keys() & found.keys() if _agree(own[key], found[key])}
    changes = (
        PriceChange(key, own.get(key), found.get(key), kept=key in own and not _from_package(own[key]))
        for key in sorted((own.keys() | found.keys()) - same)
    )
    checks = [row.checked for row in history() if row.source == _version()]
    fresh = max(checks, default=None) or newest_price(on)
    older = (row for key in sorted(same) if _from_package(row := own[key]) and row.checked < fresh)
    rechecked = tuple(replace(row, checked=fresh) for row in older)
    return Refresh(_version(), on, fresh, len(same), rechecked, tuple(changes))


def _agree(left: Price, right: Price) -> bool:
    return (left.amount, left.tiers, left.currency) == (right.amount, right.tiers, right.currency)


def _from_package(row: Price) -> bool:
    return row.source.startswith(PACKAGE)


def append(found: Refresh, path: Path) -> int:
    """Add what a refresh found to a price file, which is made if it is not there; rows in it stay as they are.

    Returns:
        Rows added.

    Raises:
        OSError: If the file cannot be written.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    write_bytes(path, (before + rows_text(found.rows, header=not before)).encode())
    return len(found.rows)


def rows_text(rows: tuple[Price, ...], *, header: bool) -> str:
    """Rows as the text of a price file, to be appended to one (or, with `header`, to start one)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(row_cells(row) for row in rows)
    return text.getvalue()


def package_prices(on: date) -> tuple[Price, ...]:
    """Token prices of every model of the book, as the package states them for noon UTC on the day `on`.

    A batch price is listed only where the package has one for batches: its standard price is never taken for it.

    Raises:
        PriceError: If a model cannot be found in the package.
    """
    fresh = newest_price(on)
    return tuple(replace(row, checked=fresh) for one in models().values() for row in _model_prices(one.id, one.reference, on))


def newest_price(on: date) -> date:
    """Newest first day of any price in the package that is not after `on`."""
    starts = (start for provider in _providers() for model in provider.models for start in _starts(model))
    return max((start for start in starts if start <= on), default=on)


def _model_prices(key: str, reference: str, on: date) -> Iterator[Price]:
    model, noon = _find(key, reference), datetime.combine(on, time(12), UTC)
    yield from _rows(key, model.get_prices(noon), "", on)
    if any(dict(v.when) == {"processing": "batch"} and _active(v, noon) for v in model.price_variants or ()):
        yield from _rows(key, model.get_prices(noon, {"processing": "batch"}), "batch_", on)


def _rows(key: str, prices: Any, prefix: str, on: date) -> Iterator[Price]:
    for name, part in PARTS.items():
        value = getattr(prices, name)
        if value is not None:
            tiers = tuple(Tier(tier.start, float(tier.price)) for tier in getattr(value, "tiers", ()))
            amount = Estimate.of(float(getattr(value, "base", value)))
            yield Price(f"{key}/{prefix}{part}", UNIT, amount, "USD", on, on, _version(), "seen", tiers)


def _active(variant: Any, noon: datetime) -> bool:
    return variant.constraint is None or variant.constraint.active(noon)


def _starts(model: Any) -> set[date]:
    conditional = model.prices if isinstance(model.prices, list) else []
    constraints = [price.constraint for price in (*conditional, *(model.price_variants or ()))]
    return {c.start_date for c in constraints if hasattr(c, "start_date")}


def _find(key: str, reference: str) -> Any:
    for provider in _providers():
        if provider.id == key.partition(":")[0] and (model := provider.find_model(reference)) is not None:
            return model
    raise PriceError(f"{PACKAGE} does not know {reference}, which the price book calls {key}")


def _providers() -> list[Any]:
    from genai_prices.data import providers  # noqa: PLC0415 - a quarter of a second that no bill should pay

    return list(providers)


def _version() -> str:
    from genai_prices import __version__  # noqa: PLC0415 - as above

    return f"{PACKAGE} {__version__}"
