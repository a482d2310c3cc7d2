"""What people are told: in which language and with which signs, and what can go wrong.

::

    AdvisorError
    ├── CatalogError      a data file of the package, or a name that is not in it
    ├── EngagementError   a client's file; carries every fault found in it
    ├── PriceError        a price that is unknown, stale or in a currency without a rate
    ├── PilotError        marked results that cannot be read
    ├── RenderError       a deliverable that cannot be made whole
    └── UsageError        a request that cannot be carried out as asked

Faults in files are gathered as `Fault` values and raised together; faults in calls raise at once.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from difflib import get_close_matches
from string import Formatter


@dataclass(frozen=True, slots=True)
class Locale:
    """One language's way of writing; as it stands, English."""

    language: str = "en"
    """ISO code, which is also the name of its folder of sentences."""
    comma: str = ","
    """Parts thousands."""
    point: str = "."
    """Parts decimals."""
    amount: str = "{sign}{number}"
    """An amount of money; `sign` is a symbol, or a code and a blank."""
    billion: str = "bn"
    """Stands after a short amount of thousands of millions."""
    million: str = "m"
    """Stands after a short amount of millions."""
    thousand: str = "k"
    """Stands after a short amount of thousands; empty where they are written out."""
    thousands: str = ""
    """A short amount of thousands where there is little room, as `amount`; empty where `thousand` is short already."""
    share: str = "{number}%"
    """A share in percent."""
    under: str = "under {share}"
    """Less than the smallest share that is printed."""
    over: str = "over {share}"
    """More than the largest share that is printed."""
    span: str = "{low} to {high}"
    """A range."""
    office: str = ""
    """Stands before number formats of charts, so that office programs write them this way too; empty as they do of themselves."""
    day: str = "{day} {month} {year}"
    """A date."""
    months: str = "January February March April May June July August September October November December"
    """Names of the months, parted by blanks."""
    small: str = ""
    """Words whose first letter is small inside a sentence, parted by blanks; empty where every word's is."""
    counts: str = "no one two three four five six seven eight nine ten eleven twelve"
    """Small counts in words from nought on, parted by blanks."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Short labels, units and faults that stand in the program itself, by their English; ``Vorgang|Vorgänge`` says first how a unit reads after 1."""

    def number(self, english: str) -> str:
        """A number written the English way, as this language writes it.

        Example:
            >>> Locale(comma=".", point=",").number("1,234.5")
            '1.234,5'
        """
        return english.translate({ord(","): self.comma, ord("."): self.point})

    def clause(self, sentence: str) -> str:
        """A sentence as part of another: with a small first letter, where this language has one there."""
        first = sentence.split(" ", 1)[0].rstrip(",.;:")
        return sentence[:1].lower() + sentence[1:] if not self.small or first in self.small.split() else sentence

    def lowered(self, label: str) -> str:
        """A label inside a sentence."""
        return self.clause(label) if self.small else label.lower()


_ENGLISH = Locale()
_TOLD: ContextVar[Locale] = ContextVar("told", default=_ENGLISH)


def locale() -> Locale:
    """The language that is told in here."""
    return _TOLD.get()


@contextmanager
def told_in(one: Locale) -> Iterator[None]:
    """Inside, everything is told in that language; a thread or task beside it notices nothing."""
    before = _TOLD.set(one)
    try:
        yield
    finally:
        _TOLD.reset(before)


class _Filling(Formatter):
    """Fills places in: a number with a format as the language writes it, and of ``{count:case|cases}`` the words that its number takes."""

    def format_field(self, value: object, format_spec: str) -> str:
        one, several, more = format_spec.partition("|")
        if several:
            return f"{value} {one if str(value) == '1' else more}"
        said = str(super().format_field(value, format_spec))
        return locale().number(said.replace("-", "−")) if format_spec and isinstance(value, int | float) else said


FILLING = _Filling()
"""Fills the places of a sentence."""


def here(words: str, *values: object, one: bool = False, **named: object) -> str:
    """English words that stand in the program, in the language that is told in and with their places filled in; `one` asks for how a unit reads after 1.

    Example:
        >>> here("must lie between {:g} and {:,}", 0.5, 2000), here("items a month")
        ('must lie between 0.5 and 2,000', 'items a month')
    """
    found = locale().words.get(words, words)
    if words in locale().words and "{" not in words:  # a client's own sign in a message parts nothing
        first, _, many = found.partition("|")
        found = first if one or not many else many
    return FILLING.vformat(found, values, named) if values or named else found


def in_units(unit: str, *, one: bool) -> str:
    """A unit as it reads after a number, in the language that is told in; `one` after 1.

    Example:
        >>> in_units("searches a call", one=True), in_units("passes", one=True), in_units("cases", one=True), in_units("weeks", one=False)
        ('search a call', 'pass', 'case', 'weeks')
    """
    found = here(unit, one=one)
    return re.sub(r"(?<=ss|ch)es\b|(?<=\w)s\b", "", unit).replace("people", "person") if one and here(unit) == unit else found


def on_line(number: int, *inside: str) -> str:
    """A place in a file for messages: its line, where that is known, and what stands there.

    Example:
        >>> on_line(7, "workflows[0].answers"), on_line(0, "header")
        ('line 7, workflows[0].answers', 'header')
    """
    return ", ".join(filter(None, (here("line {}", number) if number else "", *inside)))


BEYOND = "the result is beyond any real number; look for an answer or assumption that is far too large or too small"
"""Said when numbers run out of range."""


def printable(text: str) -> str:
    r"""`text` without what moves a cursor, turns letters round or cannot be written; lines stay, and spaces that hold words together.

    Example:
        >>> printable("a" + chr(27) + "[31m" + chr(160) + "b")
        'a·[31m\xa0b'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\u00a0" else " " if unicodedata.category(c) == "Zs" else "·" for c in text)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one place of a file.

    Example:
        >>> print(Fault("acme.yaml", "line 7, workflows[0].answers", "unknown criterion 'citation'", ("citations",)))
        acme.yaml: line 7, workflows[0].answers: unknown criterion 'citation'. Did you mean citations?
    """

    file: str
    """Name of the file as the user gave it."""
    where: str
    """Line, cell or path inside the file; empty when the whole file is at fault."""
    message: str
    """What is wrong and, where it is not plain, what to do; English words are told in the language that is told in, as `here` knows them."""
    nearest: tuple[str, ...] = ()
    """Valid words closest to the wrong one, best first."""
    option: str = ""
    """What settles it, such as ``scorer``, where a file leaves something open; empty otherwise."""
    choices: tuple[tuple[str, str], ...] = ()
    """What may be chosen for that, each with what is known of it."""
    line: int = 0
    """Line in the file, from 1; 0 where that is not known."""
    path: str = ""
    """Place below that, as `where` says it behind the line."""

    def __post_init__(self) -> None:
        for name in ("file", "where", "message"):
            said = printable(here(self.message) if name == "message" else getattr(self, name))
            object.__setattr__(self, name, said if name == "message" else said.replace("\n", "·"))

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.file, self.where) if part)
        hint = here(" Did you mean {}?", here(" or ").join(self.nearest)) if self.nearest else ""
        stop = "." if hint and not self.message.endswith(".") else ""
        return f"{place}{': ' if place else ''}{self.message}{stop}{hint}"


class AdvisorError(Exception):
    """Any refusal of advisorkit; its text is fit to be shown to a user."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback."""
        return str(self).splitlines()


class CatalogError(AdvisorError):
    """A data file of the package is wrong, or a name is not in the catalogue."""


class PriceError(AdvisorError):
    """A price is unknown, too old, or has no exchange rate."""


class PilotError(AdvisorError):
    """Marked results cannot be read or contradict themselves; all faults are in `faults`."""

    def __init__(self, faults: Iterable[Fault], rows: int = 0) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        """Every fault found, in file order."""
        self.rows = rows
        """Rows of the file, none of which was taken; 0 when it was not read as far as that."""
        super().__init__("\n".join(map(str, self.faults)))


class UnmarkedError(PilotError):
    """Results that can be read and hold no mark."""


class RenderError(AdvisorError):
    """A deliverable cannot be made whole, so it is not made at all."""


class UsageError(AdvisorError):
    """The request itself is wrong: a flag, a name, a combination."""


class EngagementError(AdvisorError):
    """A client's file has faults; all of them are in `faults`.

    Example:
        >>> error = EngagementError([Fault("a.yaml", "line 1", "is empty")])
        >>> str(error), len(error.faults)
        ('a.yaml: line 1: is empty', 1)
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        """Every fault found, in file order."""
        super().__init__("\n".join(map(str, self.faults)))


def nearest(word: str, valid: Sequence[str], most: int = 3) -> tuple[str, ...]:
    """The valid words that look most like `word`, best first; may be empty.

    Example:
        >>> nearest("citation", ["citations", "operator"])
        ('citations',)
    """
    plain = {one.casefold(): one for one in valid}
    return tuple(plain[one] for one in get_close_matches(word.casefold(), list(plain), n=most, cutoff=0.55))
