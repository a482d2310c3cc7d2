"""Numbers and ranges as people write them, and their only reader.

A file's own numbers are plain; a cell, a command or what is typed on a screen may be written in other ways, which a `Style` names.
Marks of a language and further units belong there too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisorkit.values.quantities import Estimate

_PLAIN = re.compile(r"[-+]?(?:0|[1-9][0-9]*|(?=\.[0-9]))(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,4})?")
_UNCLEAR = re.compile(r"[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]*[.,][0-9]{3}")
_GROUPS = re.compile(r"[-+]?[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}|(?:,[0-9]{3}){2,})")
_COMMA = re.compile(r"[-+]?[0-9]+(\.[0-9]{3})*,[0-9]+")
_POINT = re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+")
_AROUND = re.compile(r"[^\d−-]{0,4}([−-]?\d[\d.,'’\s]*)(k|m|bn|%)?\D{0,24}", re.IGNORECASE)
_SIZES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9, "%": 0.01}


@dataclass(frozen=True, slots=True)
class Style:
    """How numbers are written in one kind of place."""

    between: re.Pattern[str]
    """What stands between the ends of a range."""
    thousands: bool = False
    """Whether one mark before exactly three digits parts thousands; such a number is unclear otherwise."""
    around: bool = False
    """Whether a sign of money, a unit, or k, m, bn or % may stand around the digits."""


CELL = Style(re.compile(r"\.\."))
"""A cell of a table: ``3..10``, ``0,5..1,5``."""
COMMAND = Style(re.compile(","))
"""A word of a command: ``700,900,1200``."""
TYPED = Style(re.compile(r"\s+(?:to|bis|-|–)\s+|\.\.+|–|;|,\s+"), thousands=True, around=True)
"""What is typed on a screen or passed in a cell: ``40,000``, ``25k to 60k``, ``3..10``, ``800, 1000, 1300``."""


def is_number(text: str) -> bool:
    """Whether `text` is a decimal number without group marks or leading zeros, as files write it.

    Example:
        >>> [is_number(t) for t in ("350", "-0.5", "1e6", "007", "1:30", "1,000", "nan")]
        [True, True, True, False, False, False, False]
    """
    return _PLAIN.fullmatch(text) is not None


def unclear(text: str) -> bool:
    """Whether an end of a range in a cell may mean thousands or decimals.

    Example:
        >>> [unclear(t) for t in ("1.250", "1,250..2", "0,125", "1.2500")]
        [True, True, False, False]
    """
    return any(map(_UNCLEAR.fullmatch, text.split("..")))


def ends(text: str, style: Style) -> list[str]:
    """The ends of the range in `text`, each as files write numbers where it is one and as it stands where not.

    Example:
        >>> ends("0,5..1.234,5", CELL), ends("€25k to 60,000", TYPED)
        (['0.5', '1234.5'], ['25000.0', '60000.0'])
    """
    parts = style.between.split(text.strip())
    return [_number(part.strip(), style) for part in parts if part.strip() or not style.around]


def _number(text: str, style: Style) -> str:
    if not style.around:
        return _unmarked(text, style)
    found = _AROUND.fullmatch(text)
    if not found:
        return text
    bare = re.sub(r"['’\s]", "", found[1]).rstrip(".,").replace("−", "-")
    plain = re.sub(r"^(-?)0+(?=\d)", r"\1", _unmarked(bare, style))
    return repr(float(plain) * _SIZES[(found[2] or "").lower()]) if is_number(plain) else text


def _unmarked(text: str, style: Style) -> str:
    """`text` without marks of thousands and with a point before decimals."""
    if style.thousands and _THOUSANDS.fullmatch(text):
        return re.sub("[.,]", "", text)
    if _UNCLEAR.fullmatch(text):
        return text
    if _GROUPS.fullmatch(text):
        return re.sub("[.,]", "", text)
    if _COMMA.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "") if _POINT.fullmatch(text) else text


def estimate(text: str, style: Style) -> Estimate:
    """The number or range in `text`.

    Raises:
        ValueError: If it is none; says why.

    Example:
        >>> estimate("25,000 to 60k", TYPED).high, estimate("1,5", TYPED).likely, estimate("700,900,1200", COMMAND).low
        (60000.0, 1.5, 700.0)
    """
    found = ends(text, style)
    for end in found:
        if not is_number(end):
            raise ValueError(f"'{end}' is not a number")
    if not 1 <= len(found) <= 3:
        raise ValueError(f"'{text}' is not a number, nor a range such as 25,000 to 60,000")
    numbers = [float(end) for end in found]
    if sorted(numbers) != numbers:
        raise ValueError("the lowest number comes first, the highest last")
    return Estimate.of(numbers[0] if len(numbers) == 1 else numbers)
