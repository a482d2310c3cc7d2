"""The engagement file: its shape, its plain data in the order of the contract, JSON, YAML and JSON Schema."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import get_args

from advisorkit.catalog.vocabulary import definitions, forms
from advisorkit.files.numbers import is_number
from advisorkit.files.spots import Spot
from advisorkit.files.texts import languages
from advisorkit.files.trees import Fields
from advisorkit.files.typed import TEXT, Form, Known, Plain, Schema, closed, whole
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Engagement, Scenario
from advisorkit.values.locale import here
from advisorkit.values.people import Address, Role

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
        "told": Form(_told, schema=lambda: {"anyOf": [TEXT.copy(), closed({"share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}}, ["share"])]}, stand_in=""),
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


def to_json(engagement: Engagement) -> str:
    """Canonical JSON: sorted keys, no spaces; equal engagements give equal text, and `read` accepts it.

    Example:
        >>> from datetime import date
        >>> from advisorkit.values.engagement import Workflow
        >>> to_json(Engagement("a", "A", "EUR", date(2026, 11, 20), (Workflow("w", "W"),)))[:40]
        '{"advisorkit":1,"as_of":"2026-11-20","cl'
    """
    return json.dumps(document(engagement), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def digest(engagement: Engagement) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal: the same for equal engagements."""
    return hashlib.sha256(to_json(engagement).encode()).hexdigest()


_PLAIN = re.compile(r"[^\W_]([\w .()/%+'€$£;-]*[\w.)%'])?")
_READ_OTHERWISE = {"true", "false", "null"}
_BREAKS = re.compile("[\x85\u2028\u2029\ufeff\ufffe\uffff\x7f-\x9f]")
_WIDTH = 110


def scalar(value: Plain) -> str:
    """One value as YAML: plain where nothing can be misread, else in double quotes.

    Example:
        >>> [scalar(v) for v in (0.82, True, "legal asked", "350", "a: b")]
        ['0.82', 'true', 'legal asked', '"350"', '"a: b"']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if _PLAIN.fullmatch(value) and not is_number(value) and value.lower() not in _READ_OTHERWISE and len(value) < 1000:
        return str(value)
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def inline(value: Plain) -> str:
    """A value on one line, in brackets or braces where it has parts.

    Example:
        >>> inline({"file": "p.csv", "rates": [1, 2]})
        '{file: p.csv, rates: [1, 2]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(inline, value)) + "]"
    return scalar(value)


def block(value: Plain, indent: int = 0) -> list[str]:
    """Lines of a mapping or list, parts indented by two spaces; what fits goes on one line.

    Example:
        >>> block({"a": [{"id": "x", "n": {"k": 1}}]})
        ['a:', '  - id: x', '    n: {k: 1}']
    """
    pad = " " * indent
    if isinstance(value, Mapping):
        return [line for key, part in value.items() for line in _member(scalar(key), part, indent)]
    lines = []
    for part in value:
        first, *rest = block(part, indent + 2) if isinstance(part, Mapping) and part else [pad + "  " + inline(part)]
        lines += [f"{pad}- {first[indent + 2 :]}", *rest]
    return lines


def _member(key: str, value: Plain, indent: int) -> list[str]:
    pad = " " * indent
    if not _deep(value) or not value:
        short = f"{pad}{key}: {inline(value)}"
        if isinstance(value, str | int | float) or not value or len(short) <= _WIDTH:
            return [short]
    return [f"{pad}{key}:", *block(value, indent + 2)]


def _deep(value: Plain) -> bool:
    if isinstance(value, Mapping):
        return len(value) > 3 or any(isinstance(part, Mapping) for part in value.values())
    return isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value)
