"""How a language writes numbers, money, shares and days, and which language is told in at the moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


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
    share: str = "{number}%"
    """A share in percent."""
    under: str = "under {share}"
    """Less than the smallest share that is printed."""
    over: str = "over {share}"
    """More than the largest share that is printed."""
    span: str = "{low} to {high}"
    """A range."""
    day: str = "{day} {month} {year}"
    """A date."""
    months: str = "January February March April May June July August September October November December"
    """Names of the months, parted by blanks."""
    small: str = ""
    """Words whose first letter is small inside a sentence, parted by blanks; empty where every word's is."""
    counts: str = "no one two three four five six seven eight nine ten eleven twelve"
    """Small counts in words from nought on, parted by blanks."""

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
