"""How a language writes numbers, money, shares and days, and which language is told in at the moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
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
    first, _, many = locale().words.get(words, words).partition("|") if "{" not in words else (locale().words.get(words, words), "", "")
    found = first if one or not many else many
    return FILLING.vformat(found, values, named) if values or named else found


def on_line(number: int, *inside: str) -> str:
    """A place in a file for messages: its line, where that is known, and what stands there.

    Example:
        >>> on_line(7, "workflows[0].answers"), on_line(0, "header")
        ('line 7, workflows[0].answers', 'header')
    """
    return ", ".join(filter(None, (here("line {}", number) if number else "", *inside)))
