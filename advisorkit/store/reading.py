"""The engagement file: its shape, and from it to an `Engagement`, every fault of the file at once."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import get_args

from advisorkit.catalog.prices import RATE, load as prices
from advisorkit.catalog.vocabulary import definitions, forms
from advisorkit.files.amounts import share_in
from advisorkit.files.disk import SourceText, read_source
from advisorkit.files.numbers import Listener, unclear
from advisorkit.files.spots import Spot
from advisorkit.files.tables import KINDS
from advisorkit.files.texts import lacking, languages, speaking
from advisorkit.files.trees import Fields, Items, Node, Scalar, parse, scalars, shown
from advisorkit.files.typed import TEXT, Form, Known, Plain, Schema, closed, number_schema, whole
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Engagement, Scenario, Workflow
from advisorkit.values.messages import EngagementError, Fault, here, locale
from advisorkit.values.people import Address, Role
from advisorkit.values.prices import STALE_DAYS, holds
from advisorkit.values.quantities import plain
from advisorkit.values.written import ABOVE_ZERO, Within

FORMAT = 1
"""Version of the file format that is written."""
CONTEXT = ("owner", "department", "problem", "success_metric", "baseline", "target")
"""What may be said about a workflow beside its answers."""
_CODES = """
AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KWD MAD MXN
MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR
"""
CURRENCIES = tuple(_CODES.split())
"""Currencies of engagements and exchange rates, ISO 4217."""
SLUG = r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?"
"""How ids are written."""


def _matching(pattern: str, why: str) -> Form:
    """A text of a fixed form; another is refused with `why`."""

    def read(spot: Spot) -> str | None:
        text = spot.text()
        if text is not None and not re.fullmatch(pattern, text):
            spot.fault(f"{spot.seen} {here(why)}")
            return None
        return text

    return Form(read, schema=lambda: {"type": "string", "pattern": f"^{pattern}$"}, stand_in="")


ID = _matching(SLUG, "is not an id: use a-z, 0-9 and hyphens, such as support-assistant")
"""How ids are written: a-z, 0-9 and inner hyphens, at most 64 characters."""


def _inside(spot: Spot) -> str | None:
    text = spot.text()
    path = PurePosixPath(text or "")
    if text and (path.is_absolute() or PureWindowsPath(text).drive or "\\" in text or ".." in path.parts):
        spot.fault(here("{} leaves this file's folder: give a path below it, with / between folders", spot.seen))
        return None
    return text


_WANTED = Within(ABOVE_ZERO, 1)


def _told(spot: Spot) -> str | None:
    """What is said about a workflow; a target that is given as a share is told in percent."""
    if spot.key != "target" or not isinstance(spot.node, Fields):
        return spot.text()
    member = spot.fields(("share",)).get("share")
    share = member and member.number(0, 1)
    if member is None or share == 0:
        spot.fault("give the share right that is wanted, above 0 and up to 1, such as {share: 0.85}")
    return f"{100 * share:.10g}%" if share else None


def _endpoint(spot: Spot) -> str | None:
    text = spot.text()
    try:
        return text if text is not None and Address.of(text) else None
    except ValueError as error:
        spot.fault(f"{spot.seen} {here(str(error))}")
        return None


@cache
def shape() -> Form:
    """How an engagement stands in a file; its fields say the rest."""
    known: Known = {
        **forms(),
        "id": ID,
        "path": Form(_inside, schema=TEXT.copy, stand_in=""),
        "context": CONTEXT,
        "told": Form(_told, schema=lambda: {"anyOf": [TEXT.copy(), closed({"share": number_schema(_WANTED)}, ["share"])]}, stand_in=""),
        "axis": ("retrieval", "training"),
        "currency code": CURRENCIES,
        "pattern": PATTERNS,
        "language": languages(),
        "role": get_args(Role),
        "endpoint": Form(_endpoint, schema=lambda: {**TEXT, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^@?#\\s]+$"}, stand_in=""),
        "sha256": _matching("[0-9a-f]{64}", "is not a SHA-256 of 64 signs 0-9, a-f"),
    }
    version = {"advisorkit": {"const": FORMAT, "description": "Version of the format."}}
    change = whole(Scenario, known, without=("workflows",))
    return whole(Engagement, {**known, "change": change}, beside=version, spare=("id",))


def schema() -> Schema:
    """JSON Schema of the engagement file with every word.

    It describes form and words; that ranges rise, ids are unique and named files exist is checked on reading.

    Example:
        >>> schema()["properties"]["advisorkit"]
        {'const': 1, 'description': 'Version of the format.'}
    """
    made = shape().schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "advisorkit engagement file",
        "$comment": "In YAML, no and yes are words here, never truth values.",
        **made,
        "required": ["advisorkit", *made["required"]],
        "$defs": definitions(),
    }


def document(engagement: Engagement) -> dict[str, Plain]:
    """An engagement as plain data; what is empty or at its default is left out.

    Example:
        >>> from datetime import date
        >>> from advisorkit.values.engagement import Workflow
        >>> document(Engagement("a", "A", "EUR", date(2026, 11, 20), (Workflow("w", "W"),)))["workflows"]
        [{'id': 'w', 'name': 'W'}]
    """
    return {"advisorkit": FORMAT, **shape().plain(engagement)}


_QUARTER = 92
_FAR = 2.0
"""Times by which an exchange rate may differ from the price book's before it is asked about: one written as so many cents, or upside down."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engagement as it was read."""

    engagement: Engagement
    """The value."""
    notices: tuple[str, ...]
    """What the user should know about the file, such as an old encoding."""
    fingerprint: str
    """SHA-256 of the file's bytes; `write` refuses when the file has changed since."""


def read(path: str | Path) -> Engagement:
    """The engagement in a YAML or JSON file.

    Raises:
        EngagementError: With every fault of the file, each with its line or path and the nearest valid words.
    """
    return load(path).engagement


def load(path: str | Path) -> Loaded:
    """As `read`, with notices and the file's fingerprint.

    Raises:
        EngagementError: With every fault of the file.
    """
    if Path(path).suffix.lower() in KINDS and Path(path).is_file():
        raise EngagementError([Fault(str(path), "", "is a table and not an engagement file: a client's list goes to check, portfolio, report or batch")])
    source, told = read_source(path), list[str]()
    engagement = understand(source, told)
    missing = lacking(engagement.language)
    also = [here("{}: sentences that language {} lacks are told in English: {}", source.file, engagement.language, missing)] if missing else []
    return Loaded(engagement, (*source.notices, *told, *also, *doubtful(engagement, source.file)), source.fingerprint)


def wanted(workflow: Workflow) -> float | None:
    """The share right that the client's target names, 0 to 1; None when it names none."""
    return share_in(workflow.context.get("target", ""))


def doubtful(engagement: Engagement, file: str) -> tuple[str, ...]:
    """Notices of days that do not go with the day of the advice, of marks and measurements that are there twice, of quotes that are left out, and of exchange rates far from the price book's."""
    return tuple(f"{file}: {message}" for message in (*_days(engagement), *_periods(engagement), *_twice(engagement), *_quotes(engagement), *_rates(engagement)))


def _twice(engagement: Engagement) -> Iterator[str]:
    named = dict[tuple[str, ...], list[tuple[str, str]]]()
    for one, pilot in ((flow, pilot) for flow in engagement.workflows for pilot in flow.pilots):
        named.setdefault((str(PurePosixPath(pilot.file)), pilot.scorer, pilot.model, pilot.version, pilot.threshold), []).append((one.id, pilot.pattern))
    for (name, *_), counted in named.items():
        flows = [flow for flow, _ in counted] if len({flow for flow, _ in counted}) == len(counted) else [f"{flow} ({pattern})" for flow, pattern in counted]
        if len(flows) > 1:
            yield here("{}: its marks count for {}; check that they are about each of these", shown(name), ", ".join(flows))
    for flow in engagement.workflows:
        twice = {one.quantity: one for n, one in enumerate(flow.measured) if (one.quantity, one.period) in {(other.quantity, other.period) for other in flow.measured[:n]}}
        for name, last in twice.items():
            yield here("{}: {} was measured twice in {}; the last counts, {}", flow.id, name, shown(last.period), plain(last.value))


def _days(engagement: Engagement) -> Iterator[str]:
    start, today = engagement.programme.start if engagement.programme else None, engagement.as_of
    if start is not None and (today - start).days > _QUARTER:
        yield here("programme.start: {} is more than a quarter before the day of the advice, {}; what is planned begins in the past", start, today)
    for one in engagement.workflows:
        late = (pilot for pilot in one.pilots if pilot.date > today)
        yield from (here("{}: the pilot of {} is later than the day of the advice, {}; one of the two is wrong", one.id, pilot.date, today) for pilot in late)
        if one.measured and (then := engagement.told_of(one.id)) and then.date >= today:
            yield here("{}: the day of the advice, {}, is not after the day on which it was told what has been measured since, {}; set as_of to the day of the visit", one.id, today, then.date)


def _periods(engagement: Engagement) -> Iterator[str]:
    """Measurements of a time that no use since the advice can fill: before it was first told, or still to come."""
    for one in engagement.workflows:
        told, today = min((line.date for line in engagement.history if line.workflow == one.id and line.told), default=None), engagement.as_of
        for seen, (first, last) in ((seen, months) for seen in one.measured if (months := _months(seen.period))):
            if told and last < (told.year, told.month):
                yield here("{}: {} was measured in {}, before it was first told, {}; what use has shown comes after that", one.id, seen.quantity, shown(seen.period), told)
            elif first > (today.year, today.month):
                yield here("{}: {} was measured in {}, later than the day of the advice, {}; one of the two is wrong", one.id, seen.quantity, shown(seen.period), today)


def _months(period: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The first and the last month of a period in words, by year and month; None where it names no year.

    Example:
        >>> _months("March to May 2027"), _months("Dez. 2026 bis 15.2.2027"), _months("2027-Q2"), _months("2027"), _months("spring")
        (((2027, 3), (2027, 5)), ((2026, 12), (2027, 2)), ((2027, 4), (2027, 6)), ((2027, 1), (2027, 12)), None)
    """
    text = period.casefold()
    years = [int(year) for year in re.findall(r"(?<!\d)20\d\d(?!\d)", text)]
    named = [(at.start(), n) for n, names in _month_names().items() for at in re.finditer(rf"(?<![^\W\d_])(?:{names})(?![^\W\d_])", text)]
    figures = [(at.start(), int(at[1] or at[2])) for at in re.finditer(r"20\d\d-(\d\d)(?!\d)|(?<!\d)(\d{1,2})[./](?=20\d\d)", text)]
    quarters = [(at.start(), int(at[1])) for at in re.finditer(r"(?<![^\W\d_])q([1-4])(?!\d)", text)]
    found = [n for _, n in sorted(named + figures) if 1 <= n <= 12] or [month for _, n in sorted(quarters) for month in (3 * n - 2, 3 * n)] or [1, 12]
    return ((min(years), found[0]), (max(years), found[-1])) if years else None


@cache
def _month_names() -> dict[int, str]:
    """What each month is called in every language that there is, whole or by three or four letters, as a pattern."""
    told = dict[int, set[str]]()
    for language in languages():
        with speaking(language):
            for n, name in enumerate(locale().months.casefold().split(), 1):
                told.setdefault(n, set()).update(re.escape(name[:letters]) for letters in (3, 4, 20))
    return {n: "|".join(sorted(names)) for n, names in told.items()}


def _quotes(engagement: Engagement) -> Iterator[str]:
    """Quotes that are left out of the costs, and those of long ago that name no last day."""
    today = engagement.as_of
    for one, quote in ((flow, quote) for flow in engagement.workflows for quote in flow.quotes if not quote.fault):
        known = {*engagement.settings_of(one), *engagement.answers_of(one)}
        needed = "calls_per_month" if quote.seat_price is None else "buy_seats"
        fixed = next((name for name in ("buy_seat_price", "buy_resolution_price") if name in known), "")
        if why := here("it does not hold on the day of the advice, {}", today) if not holds(quote, today) else here("{} is set", fixed) if fixed else (
            "" if needed in known else here("the file does not say {}", needed)
        ):
            yield here("{}: the quote of {} of {} is left out: {}", one.id, shown(quote.supplier), quote.date, why)
        elif quote.valid_until is None and (age := (today - quote.date).days) > STALE_DAYS:
            yield here("{}: the quote of {} of {} is {} days old and names no last day; ask whether it still holds", one.id, shown(quote.supplier), quote.date, age)


def _rates(engagement: Engagement) -> Iterator[str]:
    book, given = prices(engagement.as_of), {name: rate for name, rate in engagement.exchange_rates.items() if name != engagement.currency}
    ours = {key.removeprefix(RATE): row.amount.likely for key, row in book.replaced.items() if key.startswith(RATE)}
    for name in (name for name in ours if not 1 / _FAR < book.rates[name] / ours[name] < _FAR):
        yield here("{}{}: {:g} {} for one {} is far from the usual {:.3g}; check it", RATE, name, book.rates[name], book.rates_into, name, ours[name])
    known = {**book.rates, **ours, book.rates_into: 1.0}
    first = next((name for name in given if name in known), "")  # against which others are held where the engagement's currency has no usual rate
    unit = known.get(engagement.currency) or (first and known[first] / given[first])
    for name, rate in given.items():
        usual = known[name] / unit if unit and name in known else 0.0
        if not usual or (engagement.currency not in known and name == first):
            yield here("exchange_rates.{}: read as {:g} {} for one {}; no usual rate is known to hold it against, so check that it is not turned round", name, rate, engagement.currency, name)
        elif not 1 / _FAR < rate / usual < _FAR:
            yield here("exchange_rates.{}: {:g} {} for one {} is far from the usual {:.3g}; check it", name, rate, engagement.currency, name, usual)


def from_json(text: str, file: str = "job.json") -> Engagement:
    """The engagement in a JSON text, such as the one that `to_json` writes.

    Raises:
        EngagementError: With every fault of the text; `file` names it.
    """
    return understand(SourceText(file, text, ""))


def understand(source: SourceText, told: list[str] | None = None) -> Engagement:
    """The engagement in a text; what amounts in words were taken for is added to `told`.

    Raises:
        EngagementError: With every fault of the text.
    """
    return understand_tree(parse(source), source.file, told)


def understand_tree(tree: Node, file: str, told: list[str] | None = None) -> Engagement:
    """The engagement in a strict tree of the file called `file`; `told` as in `understand`.

    Raises:
        EngagementError: With every fault of the tree.
    """
    faults: list[Fault] = []
    root = Spot(tree, "", file, faults)
    currency = root.at("currency")
    code = currency.node.text if currency and isinstance(currency.node, Scalar) else ""
    listener = Listener.of(code, _amounts(tree, file) if any(unclear(one.text) for one in scalars(tree)) else ())
    root = replace(root, listener=listener if told is None else replace(listener, told=told))
    _version(root)
    value: Engagement | None = shape().read(root)
    rates = root.at("exchange_rates")
    if (own := rates and rates.at(code)) and value and value.exchange_rates.get(code, 1) != 1:
        own.fault(here("is the file's own currency, whose rate is 1; give the rate of another, as {} for one of it", code))
    _scenarios(root, _workflows(root, value))
    made = value and _with_id(value, root)
    if faults or made is None:
        raise EngagementError(sorted(faults, key=lambda fault: fault.line))
    return made


def _amounts(tree: Node, file: str) -> list[str]:
    """Texts that stand where amounts are wanted, which show how numbers are written in a file; a version or chapter elsewhere does not."""
    listener = Listener()
    shape().read(Spot(tree, "", file, [], listener=listener))
    return listener.asked


def _version(root: Spot) -> None:
    """The format's version; of another one nothing else in the file can be judged."""
    spot = root.at("advisorkit")
    if spot and isinstance(spot.node, Scalar) and (version := spot.node.text).isdecimal() and version != str(FORMAT):
        message = here("format version {} is not one that this advisorkit reads ({}); update advisorkit", version[:9], FORMAT)
        raise EngagementError([Fault(root.file, spot.where, message)])
    if isinstance(root.node, Fields) and (spot is None or spot.blank):
        root.fault(here("'{}' is missing", "advisorkit"))
    elif spot and not (isinstance(spot.node, Scalar) and spot.node.text == str(FORMAT)):
        spot.fault(here("expected the format version {}, got {}", FORMAT, spot.seen))


def _with_id(engagement: Engagement, root: Spot) -> Engagement:
    spot = root.at("id")
    if spot and not spot.absent:
        return engagement
    found = reduced(PurePath(root.file).stem)
    if not found:
        root.fault("'id' is missing, and the file's name holds no letter or digit to make one from")
    return replace(engagement, id=found)


def _workflows(root: Spot, engagement: Engagement | None) -> dict[str, Spot]:
    """Workflows by id; two of one id are a fault, and so is what is wrong with a quote."""
    place, found = root.at("workflows"), dict[str, Spot]()
    spots = [spot for spot in place.items() if isinstance(spot.node, Fields)] if place and isinstance(place.node, Items) else []
    for spot, workflow in zip(spots, engagement.workflows if engagement else (), strict=False):
        first = found.setdefault(workflow.id, spot) if workflow.id else spot
        if first is not spot:
            spot.fault(here("the id '{}' is already taken by {}", workflow.id, first.where))
        asked = spot.at("quotes") if workflow.quotes else None
        for one, quote in zip(asked.items() if asked else (), workflow.quotes, strict=False):
            if quote.fault:
                one.fault(quote.fault)
    return found


def _scenarios(root: Spot, ids: Collection[str]) -> None:
    place = root.at("scenarios")
    for scenario in place.fields().values() if place and isinstance(place.node, Fields) else ():
        inner = scenario.at("workflows")
        if inner and isinstance(inner.node, Fields):
            inner.fields(ids, "workflow")


def reduced(name: str) -> str:
    """A name reduced to an id: a-z, 0-9 and single hyphens, at most 64 characters; may come out empty.

    Example:
        >>> reduced("Müller & Söhne 2026.yaml")
        'muller-sohne-2026-yaml'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-")
