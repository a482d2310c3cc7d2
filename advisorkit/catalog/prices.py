"""The price book: dated rows in CSV, picked for one day; what has changed since is looked up in the package `genai-prices`.

That package is imported only when asked: pricing a bill never touches it. It is asked at noon UTC with dated references,
because some prices depend on the hour and some aliases move.
"""

import csv
import io
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from advisorkit.files.disk import write_bytes
from advisorkit.files.numbers import unclear
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, Items, Node, Scalar
from advisorkit.files.typed import DATA, Form, Known, plain_number, refuse, whole
from advisorkit.values.messages import CatalogError, Fault, PriceError
from advisorkit.values.prices import Model, Price, PriceBook, Tier
from advisorkit.values.quantities import Estimate

COLUMNS = ("id", "unit", "low", "likely", "high", "currency", "since", "checked", "evidence", "tiers", "source", "note")
"""Columns of a price file; a later `since` supersedes an earlier row and never replaces it."""
MODEL_COLUMNS = (
    "id", "reference", "kind", "window_tokens", "cache_minutes", "cache_from",
    "reasoning", "regional", "retires", "closes", "successor", "served", "training", "note",
)  # fmt: skip
RATE = "rate:"
OWN = "ADVISORKIT_PRICES"
_OFF = 0.9
FILES = ("package.csv", "reviewed.csv")
PARTS = {"input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read",
         "cache_write_mtok": "cache_write", "cache_write_1h_mtok": "cache_write_1h",
         "web_searches_kcount": "web_search", "storage_searches_kcount": "file_search"}
UNIT, SEARCHES = "1M tokens", "1000 searches"
WAYS = {"batch_": {"processing": "batch"}, "flex_": {"service_tier": "flex"}, "priority_": {"service_tier": "priority"}}
"""Ways of buying beside the standard one, with what the package calls them."""
PACKAGE = "genai-prices"


def load(as_of: date, own: Path | None = None) -> PriceBook:
    """The price book as it stood on `as_of`: the latest row of each id that had begun by then.

    Args:
        as_of: Day of the advice.
        own: A price file with the same columns, whose rows win over the book's; of those that a refresh wrote into it the
            later does. By default the one that the environment variable ADVISORKIT_PRICES names, if it does.

    Example:
        >>> load(date(2026, 11, 20)).price("openai:gpt-5-mini/input").amount.likely
        0.25
    """
    named = os.environ.get(OWN)
    own = Path(named) if own is None and named else own
    return _shipped(as_of) if own is None else _book(as_of, history(), _own(own))


@lru_cache(maxsize=8)
def _shipped(as_of: date) -> PriceBook:
    return _book(as_of, history())


def _book(as_of: date, rows: Iterable[Price], own: Collection[Price] = ()) -> PriceBook:
    current: dict[str, Price] = {}
    announced: dict[str, Price] = {}
    replaced: dict[str, Price] = {}
    ranked = [*((False, row) for row in rows), *((not _from_package(row), row) for row in own)]
    for mine, row in sorted(ranked, key=lambda pair: (pair[0], pair[1].since)):
        if row.since <= as_of:
            if mine and row.id in current:
                replaced.setdefault(row.id, current[row.id])
            current[row.id] = row
        else:
            announced.setdefault(row.id, row)
    rates = {key.removeprefix(RATE): row.amount.likely for key, row in current.items() if key.startswith(RATE)}
    prices = {key: row for key, row in current.items() if not key.startswith(RATE)}
    sold = {key: model for key, model in models().items() if f"{key}/input" in prices}
    return PriceBook(as_of, prices, sold, rates, announced=announced, replaced=replaced)


@lru_cache(maxsize=1)
def history() -> tuple[Price, ...]:
    """Every row that the package holds, superseded ones included."""
    return tuple(row for file in FILES for row in _prices(data_text(f"prices/{file}"), f"prices/{file}"))


def _own(path: Path) -> list[Price]:
    try:
        rows = _prices(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeError as error:
        raise CatalogError(f"{path.name}: is no text in UTF-8; save it as CSV (UTF-8)") from error
    except OSError as error:
        raise CatalogError(f"{path.name}: cannot be read: {error.strerror}") from error
    refuse(Fault(path.name, row.id, why, near) for row in rows for why, near in _unlike_ours(row, rows))
    return rows


def _unlike_ours(row: Price, rows: Sequence[Price]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is wrong with a row of one's own beside those of the book and the others, with nearest ids."""
    book = {one.id: one for one in history()}
    ours = book.get(row.id, row)
    if ours.unit != row.unit:
        yield f"is a price of '{row.unit}', and the price book's of '{ours.unit}'", ()
    if ours.currency and not row.currency:
        yield f"has no currency; the price book's is in {ours.currency}", ()
    if ours is row and (near := get_close_matches(row.id, [*book], 1, _OFF)):
        yield "is not in the price book", tuple(near)
    if row.id.startswith(RATE) and row.currency != ours.currency:
        yield f"is in {row.currency}, and the price book's in {ours.currency}", ()
    if row.checked > date.today():  # noqa: DTZ011  the user's own day
        yield f"was checked on {row.checked}, which has not come yet", ()
    if any((one.amount, one.currency) != (row.amount, row.currency) for one in rows if (one.id, one.since) == (row.id, row.since)):
        yield f"has two prices since {row.since}; keep one", ()


def _prices(text: str, name: str) -> list[Price]:
    return _rows(text, name, COLUMNS, Price, {"tiers": Form(_tiers, stand_in=())}, {"amount": ("low", "likely", "high")})


@cache
def models() -> Mapping[str, Model]:
    """Every model that can be named in an engagement, by id."""
    return {row.id: row for row in table("prices/models.csv", MODEL_COLUMNS, Model, {}, {})}


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
    """Rows for ``advisorkit prices``: id, unit, low, likely, high, currency, as_of, age_days, state, evidence, source, ends.

    Example:
        >>> rows = prices_table(load(date(2026, 11, 20)), date(2026, 11, 20), ["openai:gpt-5-mini/input"])
        >>> rows[0]["likely"], rows[0]["state"]
        (0.25, 'fresh')
    """
    return [_shown(book.price(key), book, on) for key in (sorted(book.prices) if ids is None else ids)]


def _shown(row: Price, book: PriceBook, on: date) -> dict[str, object]:
    age, later = book.age(row.id, on), book.announced.get(row.id)
    return {
        "id": row.id, "unit": row.unit, "low": row.amount.low, "likely": row.amount.likely, "high": row.amount.high,
        "currency": row.currency, "as_of": age.as_of.isoformat(), "age_days": age.age_days, "state": age.state,
        "evidence": row.evidence, "source": row.source, "next": {"from": later.since.isoformat(), "likely": later.amount.likely} if later else None,
        "tiers": [{"above": tier.above, "amount": tier.amount} for tier in row.tiers], "note": row.note, "ends": _ends(row.id),
    }


def _ends(id: str) -> str | None:
    """The day on which what a row prices ends: its model, or new training of all that are trained at its price; None where none is announced."""
    sold = models().get(id.partition("/")[0])
    ends = [sold.retires] if sold else [model.closes for model in models().values() if model.training == id]
    return max(day.isoformat() for day in ends if day) if ends and all(ends) else None


def table(name: str, columns: tuple[str, ...], row: type, known: Known, ranges: Mapping[str, tuple[str, ...]]) -> list[Any]:
    """Rows of a CSV data file of the package, each read as `row`; `ranges` names the columns of a low, a likely and a high end.

    Raises:
        CatalogError: If the file is wrong; names every fault with its line.
    """
    return _rows(data_text(name), name, columns, row, known, ranges)


def _rows(text: str, name: str, columns: tuple[str, ...], row: type, known: Known, ranges: Mapping[str, tuple[str, ...]]) -> list[Any]:
    reader = csv.reader(io.StringIO(text, newline=""))
    if tuple(next(reader, ())) != columns:
        raise CatalogError(f"{name}: the columns, parted by commas, must be {', '.join(columns)}")
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
        numbers = [Scalar(cell, line, "text" if unclear(cell) and cell.endswith("0") else "plain") for end in ends if (cell := cells.pop(end))]  # 1.200 is asked
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
    told = attrgetter("amount", "tiers", "currency")
    same = {key for key in own.keys() & found.keys() if told(own[key]) == told(found[key])}
    changes = (
        PriceChange(key, own.get(key), found.get(key), kept=key in own and not _from_package(own[key]))
        for key in sorted((own.keys() | found.keys()) - same)
    )
    checks = [row.checked for row in history() if row.source == _version()]
    fresh = max(checks, default=None) or newest_price(on)
    older = (row for key in sorted(same) if _from_package(row := own[key]) and row.checked < fresh)
    rechecked = tuple(replace(row, checked=fresh) for row in older)
    return Refresh(_version(), on, fresh, len(same), rechecked, tuple(changes))


def _from_package(row: Price) -> bool:
    return row.source.startswith(PACKAGE)


def append(rows: Iterable[Price], path: Path) -> None:
    """Add rows to a price file, which is made if it is not there; rows in it stay as they are.

    Raises:
        OSError: If the file cannot be written.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    if not before:
        writer.writeheader()
    writer.writerows(map(row_cells, rows))
    write_bytes(path, (before + text.getvalue()).encode())


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
    yield from _package_rows(key, model.get_prices(noon), "", on)
    for prefix, way in WAYS.items():
        if any(dict(v.when) == way and (v.constraint is None or v.constraint.active(noon)) for v in model.price_variants or ()):
            rows = _package_rows(key, model.get_prices(noon, way), prefix, on)
            yield from (row for row in rows if row.unit == UNIT)


def _package_rows(key: str, prices: Any, prefix: str, on: date) -> Iterator[Price]:
    for name, part in PARTS.items():
        value = getattr(prices, name)
        if value is not None:
            tiers = tuple(Tier(tier.start, float(tier.price)) for tier in getattr(value, "tiers", ()))
            amount = Estimate.of(float(getattr(value, "base", value)))
            yield Price(f"{key}/{prefix}{part}", UNIT if name.endswith("mtok") else SEARCHES, amount, "USD", on, on, _version(), "seen", tiers)


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
