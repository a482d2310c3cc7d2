"""What can go wrong, said for people.

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

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from advisorkit.values.locale import here

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
